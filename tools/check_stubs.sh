#!/bin/sh
# Checks the type stubs: the examples must pass the type checker with them, and what stubs/check_errors.py gets wrong on
# purpose must be found. Uses mypy from PyPI, in an environment of its own in build/.
set -eu
cd "$(dirname "$0")/.."

MYPY_VERSION=1.13.0
ENVIRONMENT=build/mypy-$MYPY_VERSION
if [ ! -x "$ENVIRONMENT/bin/mypy" ]; then
    echo "installing mypy $MYPY_VERSION"
    python3 -m venv "$ENVIRONMENT"
    "$ENVIRONMENT/bin/pip" install --quiet --disable-pip-version-check "mypy==$MYPY_VERSION"
fi

check() {
    MYPYPATH=stubs "$ENVIRONMENT/bin/mypy" --cache-dir build/mypy-cache --check-untyped-defs \
        --no-error-summary "$@"
}

for example in examples/*.py; do
    check "$example"
done
check --strict stubs/machine/__init__.pyi stubs/usbsim.pyi

# Each line of check_errors.py that ends in "# error" must be reported, and no other.
expected=$(grep -n '# error$' stubs/check_errors.py | cut -d: -f1)
found=$(check stubs/check_errors.py | sed -n 's/^[^:]*:\([0-9]*\): error:.*/\1/p' | sort -n -u)
if [ "$expected" != "$found" ]; then
    echo "stubs/check_errors.py: errors expected in lines" $expected "and found in lines" $found
    exit 1
fi
echo "stubs: the examples pass, $(echo "$expected" | wc -l) deliberate errors found"
