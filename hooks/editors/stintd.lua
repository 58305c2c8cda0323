-- stintd: reports which file is edited or read in Neovim, with one small file in the spool each time.
-- `stint hooks uninstall neovim` removes it.
--
-- It reports every save, and moving and typing at most every two minutes for each file. It starts no process, prints nothing,
-- changes no option and writes nothing but its spool file; without a spool folder, or with a full disk, it does nothing. In a
-- Neovim started by an AI agent it is silent: the agent's own hooks report it.
if vim.g.loaded_stintd or not vim.api.nvim_create_autocmd then
  return
end
vim.g.loaded_stintd = 1
local markers = {
  'CLAUDECODE', 'AI_AGENT', 'CODEX_THREAD_ID', 'CODEX_SANDBOX', 'GEMINI_CLI', 'COPILOT_CLI', 'CURSOR_AGENT', 'OPENCODE',
  'CLINE_ACTIVE', 'AUGMENT_AGENT',
}
for _, name in ipairs(markers) do
  if (os.getenv(name) or '') ~= '' then
    return
  end
end

local uv = vim.uv or vim.loop
local spool = @SPOOL@
local pause = 120
-- When each buffer may be reported again; `edits` separately, because reading must not delay an edit.
local due, edits = {}, {}
local number = os.time()
local escapes = { ['%'] = '%25', ['\t'] = '%09', ['\n'] = '%0A' }

local function escaped(path)
  return (path:gsub('[%%\t\n]', escapes))
end

-- A free name: with the second in it, so that a process number that is used again finds none of its old files.
local function create()
  for _ = 1, 10 do
    number = math.max(number + 1, os.time())
    local name = string.format('%s/editor.%d.%d', spool, uv.os_getpid(), number)
    local file, _, code = uv.fs_open(name, 'wx', 384) -- 0600
    if file or code ~= 'EEXIST' then
      return file, name
    end
  end
end

local function tell(buffer, act, path)
  due[buffer] = os.time() + pause
  if act == 'edit' then
    edits[buffer] = due[buffer]
  end
  local is_file = path ~= '' and not path:find('^%a[%w+.-]*://') and vim.fn.isdirectory(path) == 0
  if not is_file or vim.bo[buffer].buftype ~= '' then
    return
  end
  local file, name = create()
  if not file then
    return
  end
  local fields = { 'v1', 'editor', uv.os_getpid(), escaped(vim.fn.getcwd()), 'neovim', act, escaped(path) }
  local line = table.concat(fields, '\t') .. '\n'
  local written = uv.fs_write(file, line, -1)
  uv.fs_close(file)
  if written ~= #line then
    uv.fs_unlink(name) -- what a full disk left
  end
end

local function on(events, act)
  vim.api.nvim_create_autocmd(events, { group = 'stintd', callback = act })
end

vim.api.nvim_create_augroup('stintd', { clear = true })
on('BufWritePost', function(event)
  pcall(tell, event.buf, 'edit', vim.fn.fnamemodify(event.file, ':p'))
end)
on({ 'CursorMoved', 'CursorMovedI', 'TextChanged', 'TextChangedI' }, function(event)
  local is_edit = vim.bo[event.buf].modified
  if os.time() >= ((is_edit and edits or due)[event.buf] or 0) then
    pcall(tell, event.buf, is_edit and 'edit' or 'read', vim.api.nvim_buf_get_name(event.buf))
  end
end)
on('BufWipeout', function(event)
  due[event.buf], edits[event.buf] = nil, nil
end)
