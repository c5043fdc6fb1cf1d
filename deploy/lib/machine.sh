#!/bin/sh
# The machine itself: what it must be, Debian packages, the service's user and folders.

check_machine() {
    [ -z "$ROOT" ] || return 0
    if [ "$(id -u)" != 0 ] && [ -z "$DRY_RUN" ]; then
        fail "this changes the machine: run it with sudo" "管理者権限が必要です: sudo を付けて実行してください"
    fi
    # shellcheck disable=SC1091
    . /etc/os-release
    case " $ID ${ID_LIKE:-} " in
        *" debian "*) ;;
        *) fail "made for Debian and Raspberry Pi OS, this is ${PRETTY_NAME:-$ID}; docs/operating.md says how to run it by hand" \
            "DebianとRaspberry Pi OSのための手順です（この機械は${PRETTY_NAME:-$ID}）。手動での起動はdocs/operating.mdにあります" ;;
    esac
    architecture=$(dpkg --print-architecture)
    case $architecture in
        amd64 | arm64) ;;
        *) fail "needs a 64-bit system (arm64 or amd64), this is $architecture; on a Raspberry Pi write the 64-bit Raspberry Pi OS onto the card" \
            "64ビットのOS（arm64かamd64）が必要です（この機械は$architecture）。Raspberry Piでは64ビット版を書き込んでください" ;;
    esac
}

packages() {
    echo python3-venv ca-certificates
    if [ -n "$WITH_MOSQUITTO" ]; then echo mosquitto openssl; fi
}

install_packages() {
    [ -z "$ROOT" ] || return 0
    missing=""
    for package in $(packages); do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed \
            || missing="$missing $package"
    done
    [ -z "$missing" ] || change "Debian packages:$missing" "Debianパッケージ:$missing" apt_get "$missing"
}

apt_get() {
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends $1 >/dev/null; then return 0; fi
    fail "these Debian packages could not be installed:$1; is there a network? without one, bring them on a stick: apt-get install ./*.deb" \
        "Debianパッケージを導入できません:$1。ネットワークをご確認ください。ない場合はUSBで運び、apt-get install ./*.deb"
}

check_python() {
    # A dry run may come before the packages that bring it.
    if [ -n "$DRY_RUN" ] && ! command -v "$PYTHON" >/dev/null; then return 0; fi
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
        || fail "needs Python 3.11 or later, $PYTHON is $("$PYTHON" -V 2>&1); Debian 12 has it, or name one: --python" \
            "Python 3.11以上が必要です（$PYTHONは$("$PYTHON" -V 2>&1)）。Debian 12にあります。--pythonでも指定できます"
}

make_user() {
    [ -z "$ROOT" ] || return 0
    if ! getent passwd minori >/dev/null; then
        change "user minori" "ユーザー minori" useradd --system --user-group --no-create-home \
            --home-dir /var/lib/minori --shell /usr/sbin/nologin minori
    fi
    if ! id -nG minori 2>/dev/null | tr ' ' '\n' | grep -qx dialout; then
        change "user minori may open serial ports (group dialout)" \
            "ユーザー minori にシリアルポートを許可（dialoutグループ）" usermod -a -G dialout minori
    fi
}

make_folders() {
    folder "$OPT/releases" 755 root:root
    folder "$ETC" 750 root:minori
    folder "$DATA" 750 minori:minori
}

# Not with our environment: MINORI_* of whoever installs would be taken for settings.
as_minori() {
    if [ -n "$ROOT" ]; then
        env -i PATH="$PATH" LANG="${LANG:-C.UTF-8}" "$@"
    else
        (cd / && umask 077 && env -i PATH=/usr/bin:/bin LANG="${LANG:-C.UTF-8}" \
            setpriv --reuid=minori --regid=minori --init-groups "$@")
    fi
}
