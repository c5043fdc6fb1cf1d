#!/bin/sh
# Installs Minori on Debian or Raspberry Pi OS, or brings it to this version. Run it as often as
# you like: it does what is missing, says what it did, and never touches readings or settings.
#
#   sudo ./install.sh                      one service: collects and shows
#   sudo ./install.sh --with-mosquitto     and a broker with TLS for networked probes
#
#   --two-services       minori-agent collects, minori-web serves, each survives the other
#   --one-service        back to one
#   --without-forecast   a third of the space and no yield forecasts, for a small board
#   --with-forecast      back to all of it
#   --wheelhouse DIR     everything from this folder (make-bundle makes it): no network
#   --wheel FILE         this built package instead of the checkout the script lies in
#   --root DIR           everything below DIR; this machine's users and services stay untouched
#   --no-start           install, but start nothing
#   --dry-run            say what would be done, and do nothing
#   --python PROGRAM     another Python than python3 (3.11 or later)
set -eu
umask 022

HERE=$(cd "$(dirname "$0")" && pwd)
SOURCE=$(dirname "$HERE")
ROOT="" DRY_RUN="" WITH_MOSQUITTO="" FORECAST="" SERVICES="" START=yes
WHEEL="" WHEELHOUSE="" PYTHON=python3
for part in changes files machine release record broker services; do
    # shellcheck source=/dev/null
    . "$HERE/lib/$part.sh"
done

while [ $# -gt 0 ]; do
    case $1 in
        --with-mosquitto) WITH_MOSQUITTO=yes ;;
        --without-forecast) FORECAST=no ;;
        --with-forecast) FORECAST=yes ;;
        --two-services) SERVICES=two ;;
        --one-service) SERVICES=one ;;
        --no-start) START="" ;;
        --dry-run) DRY_RUN=yes ;;
        --wheel | --wheelhouse | --root | --python)
            [ $# -ge 2 ] || fail "$1 needs a value" "$1には値が必要です"
            case $1 in
                --wheel) WHEEL=$(full_path "$2") ;;
                --wheelhouse) WHEELHOUSE=$(full_path "$2") ;;
                --root) mkdir -p "$2" && ROOT=$(full_path "$2") ;;
                --python) PYTHON=$2 ;;
            esac
            shift ;;
        -h | --help) usage; exit 0 ;;
        *) fail "unknown option $1; see: $0 --help" "不明なオプション $1（$0 --help をご覧ください）" ;;
    esac
    shift
done

OPT=$ROOT/opt/minori
ETC=$ROOT/etc/minori
DATA=$ROOT/var/lib/minori
CONFIG=$ETC/minori.toml
CURRENT=$OPT/current

# What an earlier run was asked for holds until another is asked for.
if [ -e "$ROOT/etc/mosquitto/conf.d/minori.conf" ]; then WITH_MOSQUITTO=yes; fi
if [ -z "$FORECAST" ] && [ -e "$CURRENT/.without-forecast" ]; then FORECAST=no; fi
if [ -z "$SERVICES" ] && is_enabled minori-agent.service; then SERVICES=two; fi

[ -z "$DRY_RUN" ] || say "Nothing is changed; it would be:" "変更はしません。実行する内容:"
check_machine
install_packages
check_python
make_user
make_folders
make_release
put_list unit_files
put_list other_files
set_up_broker
write_settings
use_release
forget_old_releases
set_up_services

if [ "$CHANGES" = 0 ]; then
    say "Minori $ID is installed; nothing to change." "Minori $IDは導入済みです。変更はありません。"
    exit 0
fi
[ -z "$DRY_RUN" ] || exit 0
if is_live && [ -n "$START" ]; then look_over; fi
say "Minori $ID is installed ($CHANGES changes). Next:
  sudo nano $CONFIG           your site, rooms, ports and probes
  sudo minori settings check  is it right? The service takes it over by itself.
  journalctl -u 'minori*' -f  what it does
  http://localhost:8000/      the farm; from another machine: deploy/README.md" \
    "Minori $IDを導入しました（変更$CHANGES件）。次は:
  sudo nano $CONFIG           拠点・部屋・ポート・センサーを記入
  sudo minori settings check  設定の確認。サービスは自動で読み直します
  journalctl -u 'minori*' -f  動作の記録
  http://localhost:8000/      画面。他の機械から見るには deploy/README.md"
