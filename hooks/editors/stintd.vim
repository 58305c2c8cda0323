" stintd: reports which file is edited or read in Vim, with one small file in the spool each time.
" `stint hooks uninstall vim` removes it.
"
" It reports every save, and moving and typing at most every two minutes for each file. It starts no process, prints nothing,
" changes no option and writes nothing but its spool file; without a spool folder, or with a full disk, it does nothing. In a
" Vim started by an AI agent it is silent: the agent's own hooks report it.
if exists('g:loaded_stintd') || !exists('*writefile') || !exists('##TextChangedI')
  finish
endif
let g:loaded_stintd = 1
if !empty($CLAUDECODE . $AI_AGENT . $CODEX_THREAD_ID . $CODEX_SANDBOX . $GEMINI_CLI . $COPILOT_CLI . $CURSOR_AGENT)
  finish
endif
if !empty($OPENCODE . $CLINE_ACTIVE . $AUGMENT_AGENT)
  finish
endif

let s:spool = @SPOOL@
let s:pause = 120
" When each buffer may be reported again, by its number; with `+`, its edits: reading must not delay an edit.
let s:due = {}
let s:number = localtime()
let s:escapes = {'%': '%25', "\t": '%09', "\n": '%0A'}

function! s:escaped(path) abort
  return substitute(a:path, "[%\t\n]", '\=s:escapes[submatch(0)]', 'g')
endfunction

" A free name: with the second in it, so that a process number that is used again finds none of its old files.
function! s:fresh() abort
  let s:number = max([s:number + 1, localtime()])
  while getftype(s:spool . '/editor.' . getpid() . '.' . s:number) !=# ''
    let s:number += 1
  endwhile
  return s:spool . '/editor.' . getpid() . '.' . s:number
endfunction

function! s:write(act, path) abort
  let line = join(['v1', 'editor', getpid(), s:escaped(getcwd()), 'vim', a:act, s:escaped(a:path)], "\t")
  let name = s:fresh()
  let is_kept = 0
  try
    " S: not flushed to the disk, which can take long; losing a heartbeat does no harm.
    let is_kept = writefile([line], name, 'S') == 0 && getfsize(name) != 0
  catch
  endtry
  if !is_kept
    call delete(name)
  endif
endfunction

function! s:tell(act, path) abort
  try
    let s:due[bufnr('%')] = localtime() + s:pause
    if a:act ==# 'edit'
      let s:due[bufnr('%') . '+'] = localtime() + s:pause
    endif
    let is_file = a:path !=# '' && a:path !~# '^\a[a-zA-Z0-9+.-]*://' && !isdirectory(a:path)
    if is_file && &buftype ==# '' && isdirectory(s:spool)
      call s:write(a:act, a:path)
    endif
  catch
  endtry
endfunction

function! s:moved() abort
  if localtime() >= get(s:due, bufnr('%') . (&modified ? '+' : ''), 0)
    call s:tell(&modified ? 'edit' : 'read', expand('%:p'))
  endif
endfunction

augroup stintd
  autocmd!
  autocmd BufWritePost * call s:tell('edit', expand('<afile>:p'))
  autocmd CursorMoved,CursorMovedI,TextChanged,TextChangedI * call s:moved()
  autocmd BufWipeout * call filter(s:due, 'str2nr(v:key) != ' . expand('<abuf>'))
augroup END
