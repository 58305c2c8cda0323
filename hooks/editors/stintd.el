;;; stintd.el --- Reports which file is edited or read in Emacs  -*- lexical-binding: t; -*-
;; `stint hooks uninstall emacs' removes it.
;;
;; It writes one small file into the spool for each save, and at most every two minutes for moving and typing in a file.
;; It starts no process, prints nothing, changes no option and writes nothing but its spool file; without a spool folder, or
;; with a full disk, it does nothing.  In an Emacs started by an AI agent it is silent: the agent's own hooks report it.

(defconst stintd--spool @SPOOL@)
(defconst stintd--pause 120)
(defvar stintd--number (truncate (float-time)))
(defvar-local stintd--due 0)
(defvar-local stintd--edits-due 0) ; separate, because reading must not delay an edit

(defun stintd--encoded (path)
  "PATH as bytes, with characters that would break the line escaped."
  (let ((coding (or file-name-coding-system default-file-name-coding-system 'utf-8)))
    (replace-regexp-in-string
     "[%\t\n]" (lambda (match) (format "%%%02X" (aref match 0))) (encode-coding-string path coding) t t)))

(defun stintd--write (act path)
  "Write one file that says ACT happened to PATH."
  ;; A free name: with the second in it, so that a process number that is used again finds none of its old files.
  (setq stintd--number (max (1+ stintd--number) (truncate (float-time))))
  (let ((name (format "%s/editor.%d.%d" stintd--spool (emacs-pid) stintd--number))
        (line (concat "v1\teditor\t" (number-to-string (emacs-pid)) "\t"
                      (stintd--encoded (directory-file-name (file-name-directory path))) "\temacs\t" act "\t"
                      (stintd--encoded path) "\n"))
        (coding-system-for-write 'no-conversion)
        (write-region-inhibit-fsync t)
        (write-region-annotate-functions nil)
        (write-region-post-annotation-function nil)
        (file-name-handler-alist nil)
        (create-lockfiles nil)
        (inhibit-message t)
        (message-log-max nil))
    (unless (file-exists-p name)
      (condition-case nil
          (write-region line nil name nil 'silent nil 'excl)
        (error (when (equal 0 (file-attribute-size (file-attributes name)))
                 (delete-file name)))))))

(defun stintd--tell (act)
  "Report that ACT happened to the file of this buffer."
  (setq stintd--due (+ (float-time) stintd--pause))
  (when (equal act "edit")
    (setq stintd--edits-due stintd--due))
  (when (and buffer-file-name (not (file-remote-p buffer-file-name)) (file-directory-p stintd--spool))
    (ignore-errors (stintd--write act buffer-file-name))))

(defun stintd--saved ()
  "A buffer was saved."
  (stintd--tell "edit"))

(defun stintd--moved ()
  "A command was carried out."
  (when buffer-file-name
    (let ((is-edit (buffer-modified-p)))
      (when (>= (float-time) (if is-edit stintd--edits-due stintd--due))
        (stintd--tell (if is-edit "edit" "read"))))))

(unless (delq nil (mapcar (lambda (name) (let ((value (getenv name))) (and value (not (equal value "")))))
                          '("CLAUDECODE" "AI_AGENT" "CODEX_THREAD_ID" "CODEX_SANDBOX" "GEMINI_CLI" "COPILOT_CLI"
                            "CURSOR_AGENT" "OPENCODE" "CLINE_ACTIVE" "AUGMENT_AGENT")))
  (add-hook 'after-save-hook #'stintd--saved)
  (add-hook 'post-command-hook #'stintd--moved))

;;; stintd.el ends here
