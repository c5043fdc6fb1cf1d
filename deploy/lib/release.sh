#!/bin/sh
# A release: a folder with Python, libraries and Minori, named by what is in it. One link says which
# of them runs, so that going forward and going back are each one rename (docs/adr/0024).

# A Raspberry Pi's card is small: what a release takes, and some air.
NEEDED_MB=1800 NEEDED_WITHOUT_FORECAST_MB=600
WHEELS="" PACKAGE="" LOCK="" ID="" NEW=""

make_release() {
    find_package
    find_lock
    ID=$(version_of_package)-$(fingerprint)
    NEW=$OPT/releases/$ID
    [ -e "$NEW/.complete" ] || change "Minori $ID (some minutes)" "Minori $ID（数分かかります）" build_release
}

# In a bundle the package lies among the wheels; in a checkout it is built from the checkout.
find_package() {
    if [ -z "$WHEELHOUSE" ] && [ -d "$SOURCE/wheels" ]; then WHEELHOUSE=$SOURCE/wheels; fi
    WHEELS=$WHEELHOUSE
    if [ -n "$WHEELS" ] && [ -z "$WHEEL" ]; then
        for found in "$WHEELS"/minori-*.whl; do
            if [ -f "$found" ]; then WHEEL=$found; fi
        done
    fi
    if [ -n "$WHEEL" ]; then
        PACKAGE=$WHEEL
    elif [ -f "$SOURCE/pyproject.toml" ]; then
        PACKAGE=$SOURCE
    else
        fail "neither a checkout nor a package is here; name one: --wheel FILE" \
            "ソースもパッケージもありません。--wheel FILE で指定してください"
    fi
}

find_lock() {
    name=requirements.lock
    if [ "$FORECAST" = no ]; then name=requirements-edge.lock; fi
    LOCK=$SOURCE/$name
    [ -f "$LOCK" ] || fail "$LOCK is missing; take the whole folder of the release" \
        "$LOCKがありません。リリースのフォルダー全体をお使いください"
}

version_of_package() {
    if [ -n "$WHEEL" ]; then
        basename "$WHEEL" | cut -d- -f2
    else
        sed -n 's/^version = "\(.*\)"/\1/p' "$SOURCE/pyproject.toml"
    fi
}

# The same files, libraries and Python make the same name, and nothing is built twice.
fingerprint() {
    {
        "$PYTHON" -V 2>&1 || :
        cat "$LOCK"
        if [ -n "$WHEEL" ]; then
            cat "$WHEEL"
        else
            cd "$SOURCE" || exit 1
            find sensors traceability forecasting api edge pyproject.toml README.md \
                -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
        fi
    } | sha256sum | cut -c 1-10
}

check_space() {
    needed_mb=$NEEDED_MB
    if [ "$FORECAST" = no ]; then needed_mb=$NEEDED_WITHOUT_FORECAST_MB; fi
    free_mb=$(df -Pm "$OPT" | awk 'NR == 2 { print $4 }')
    [ "$free_mb" -ge "$needed_mb" ] \
        || fail "$OPT has $free_mb MB free and $needed_mb are needed; make room, or: --without-forecast" \
            "$OPTの空きは$free_mb MBで、$needed_mb MB必要です。空きを作るか--without-forecastをお使いください"
}

pip_install() {
    # A board's /tmp may be a small piece of memory: unpack where the result will lie.
    TMPDIR=$OPT/releases/.tmp "$NEW/bin/python" -m pip install -q --disable-pip-version-check \
        --no-cache-dir --no-deps "$@"
}

install_libraries() {
    if [ -n "$WHEELS" ]; then
        pip_install --no-index --find-links "$WHEELS" --require-hashes -r "$LOCK"
    else
        pip_install --require-hashes -r "$LOCK"
    fi
}

build_release() {
    if [ -z "$ROOT" ]; then check_space; fi
    rm -rf "$NEW"
    mkdir -p "$OPT/releases/.tmp"
    "$PYTHON" -m venv "$NEW"
    install_libraries \
        || fail "the libraries could not be installed (see above); is there a network? without one: make-bundle, then --wheelhouse" \
            "ライブラリを導入できません（上記）。ネットワークがない場合はmake-bundleと--wheelhouseをお使いください"
    pip_install --no-build-isolation "$PACKAGE" \
        || fail "Minori itself could not be installed from $PACKAGE (see above)" \
            "$PACKAGEからMinoriを導入できません（上記）"
    "$NEW/bin/minori" --version >/dev/null \
        || fail "the new release does not start (see above); the installed one is untouched" \
            "新しい版が起動しません（上記）。今の版はそのままです"
    rm -rf "$OPT/releases/.tmp"
    if [ "$FORECAST" = no ]; then touch "$NEW/.without-forecast"; fi
    # Until here it is no release: a run that was interrupted begins it anew.
    touch "$NEW/.complete"
}

running_release() { readlink "$CURRENT" 2>/dev/null || :; }
previous_release() { readlink "$OPT/previous" 2>/dev/null || :; }

# One rename: there is no moment without a release.
point_to() {
    ln -sfn "$1" "$CURRENT.new"
    mv -Tf "$CURRENT.new" "$CURRENT"
}

forget_old_releases() {
    [ -z "$DRY_RUN" ] || return 0
    for release in "$OPT"/releases/*; do
        case $release in
            "$(running_release)" | "$(previous_release)") ;;
            *) remove "$release" ;;
        esac
    done
}
