"""The programming language of a file, by its name alone."""

_NAMES = {
    "cmakelists.txt": "CMake", "containerfile": "Docker", "dockerfile": "Docker", "gemfile": "Ruby", "gnumakefile": "Makefile",
    "jenkinsfile": "Groovy", "justfile": "Just", "makefile": "Makefile", "rakefile": "Ruby", "vagrantfile": "Ruby",
}  # fmt: skip
_ENDINGS = {
    "Assembly": "asm s", "Astro": "astro", "Batchfile": "bat cmd", "C": "c", "C#": "cs csx", "C++": "cc cpp cxx hh hpp hxx",
    "CMake": "cmake", "CSS": "css", "CSV": "csv tsv", "Clojure": "clj cljc cljs edn", "CoffeeScript": "coffee",
    "Crystal": "cr", "D": "d", "Dart": "dart", "Elixir": "ex exs", "Elm": "elm", "Emacs Lisp": "el", "Erlang": "erl hrl",
    "F#": "fs fsi fsx", "Fish": "fish", "Fortran": "f f90 f95", "GraphQL": "gql graphql", "Go": "go", "Groovy": "gradle groovy",
    "HCL": "hcl tf tfvars", "HTML": "htm html xhtml", "Haskell": "hs lhs", "INI": "cfg conf ini properties",
    "JSON": "json json5 jsonc jsonl", "Java": "java", "JavaScript": "cjs js jsx mjs", "Jinja": "j2 jinja", "Julia": "jl",
    "Jupyter": "ipynb", "Kotlin": "kt kts", "LaTeX": "bib sty tex", "Less": "less", "Lisp": "lisp lsp", "Lua": "lua",
    "Makefile": "mak mk", "Markdown": "markdown md mdx", "Nim": "nim", "Nix": "nix", "OCaml": "ml mli", "Objective-C": "m mm",
    "PHP": "php phtml", "Pascal": "pas", "Perl": "pl pm", "PowerShell": "ps1 psd1 psm1", "Protocol Buffer": "proto",
    "Python": "py pyi pyw", "R": "r", "Ruby": "erb gemspec rb", "Rust": "rs", "SQL": "sql", "Sass": "sass", "Scala": "sbt scala",
    "SCSS": "scss", "Shell": "bash ksh sh zsh", "Solidity": "sol", "Svelte": "svelte", "Swift": "swift", "TOML": "toml",
    "Text": "log txt", "TypeScript": "cts mts ts tsx", "Vim script": "vim vimrc", "Visual Basic": "vb", "Vue.js": "vue",
    "XML": "plist svg xml xsd xsl", "YAML": "yaml yml", "Zig": "zig", "reStructuredText": "rst",
}  # fmt: skip
_BY_ENDING = {ending: name for name, endings in _ENDINGS.items() for ending in endings.split()}


def language_of(path: str) -> str:
    """The language of a file by its name; "Other" when the name does not say, "" when there is no file."""
    name = path.rpartition("/")[2].lower()
    if not name:
        return ""
    return _NAMES.get(name) or _BY_ENDING.get(name.rpartition(".")[2]) or "Other"
