# Sourced by scripts/build and scripts/test: a virtual environment with the pinned packages.
# Usage: prepare_environment EXTRAS, where EXTRAS is "" or "[dev]".

say() { printf '%s\n' "$*" >&2; }

# A Python that is new enough: $PYTHON, or the first of the usual names.
find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  say "sheetsim needs Python 3.11 or later and found none; install it, or name it: PYTHON=/path/to/python3 $0"
  return 1
}

prepare_environment() {
  local extras=$1 python wanted
  if [ ! -x .venv/bin/python ]; then
    python=$(find_python) || exit 1
    say "setting up .venv with $("$python" --version)"
    if ! "$python" -m venv .venv; then
      rm -rf .venv
      say "could not make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"
      exit 1
    fi
  fi
  # What is installed is noted in the environment, so that a second run does not ask the index.
  wanted="$extras $(cat pyproject.toml constraints.txt | cksum)"
  if [ "$(cat .venv/installed 2>/dev/null)" != "$wanted" ]; then
    say "installing the pinned packages into .venv"
    if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check \
      --constraint constraints.txt --config-settings editable_mode=compat --editable ".$extras"; then
      say "could not install the packages (see above); is the package index reachable?"
      exit 1
    fi
    # Also where Python is not to write bytecode by itself: a command is to start at once.
    .venv/bin/python -m compileall -q sheetsim
    printf '%s' "$wanted" >.venv/installed
  fi
}

# A program, where the system's package manager is at hand and lets us.
# Usage: install_program NAME PACKAGE WITHOUT COMMAND..., where any COMMAND shows that it is there,
# and WITHOUT is what follows if it is not.
install_program() {
  local name=$1 package=$2 without=$3 command as_root=
  shift 3
  for command in "$@"; do
    if command -v "$command" >/dev/null 2>&1; then
      return 0
    fi
  done
  if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
    if ! sudo -n true 2>/dev/null; then
      say "$name is not installed and this user may not install it: $without."
      return 0
    fi
  fi
  if ! command -v apt-get >/dev/null 2>&1; then
    say "$name is not installed and there is no apt-get here: $without."
    return 0
  fi
  say "installing $name ($package)"
  export DEBIAN_FRONTEND=noninteractive
  if ! { $as_root apt-get update -qq &&
    $as_root apt-get install -y -qq --no-install-recommends "$package"; } >/dev/null; then
    say "$name could not be installed (see above): $without."
  fi
}

install_libreoffice() {
  install_program LibreOffice libreoffice-calc-nogui "workbooks are checked in IronCalc alone" \
    soffice libreoffice
}

# For the tests of pages.
install_chromium() {
  install_program Chromium chromium "the tests of pages are skipped" \
    chromium chromium-browser google-chrome
}
