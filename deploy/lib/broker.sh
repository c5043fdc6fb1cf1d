#!/bin/sh
# Mosquitto with our files: certificates, access list, the agent's account.

KEYS=""

set_up_broker() {
    [ -n "$WITH_MOSQUITTO" ] || return 0
    KEYS=$ROOT/etc/mosquitto/minori
    folder "$KEYS" 755 root:root
    put_list broker_files
    # Devices are written into it later: never over an existing one.
    [ -e "$KEYS/acl" ] || change "access list of the broker" "ブローカーのアクセス権" \
        install -m 600 "$HERE/mosquitto/acl" "$KEYS/acl"
    [ -s "$KEYS/server.crt" ] || change "certificates of the broker" "ブローカーの証明書" \
        "$HERE/mosquitto/make-certificates" --folder "$KEYS"
    [ -s "$ETC/mqtt.password" ] || change "the agent's account at the broker" \
        "ブローカーのminoriアカウント" make_agent_account
    [ -n "$DRY_RUN" ] || let_broker_read
    is_live || return 0
    systemctl -q enable mosquitto 2>/dev/null
    case $CHANGED_FILES in
        *mosquitto/conf.d*) restart_broker ;;
        *) systemctl -q is-active mosquitto || restart_broker ;;
    esac
}

make_agent_account() {
    # An account without its password file is from a run that was interrupted.
    how=""
    if grep -q '^minori:' "$KEYS/passwords" 2>/dev/null; then how=--new-password; fi
    # shellcheck disable=SC2086
    "$HERE/mosquitto/add-device" --folder "$KEYS" $how minori --password-file "$ETC/mqtt.password"
    chmod 640 "$ETC/mqtt.password"
    if [ -z "$ROOT" ]; then chown root:minori "$ETC/mqtt.password"; fi
}

# It reads its files as its own user, also when told to read them anew.
let_broker_read() {
    if [ -z "$ROOT" ]; then chown mosquitto:mosquitto "$KEYS/acl" "$KEYS/passwords" "$KEYS/server.key"; fi
}

restart_broker() {
    systemctl restart mosquitto && return 0
    if is_held_by_minori; then
        fail "port 1883 is held by the broker inside Minori: write [mqtt] host = \"127.0.0.1\" into $CONFIG, then systemctl restart minori, then run this again" \
            "ポート1883はMinoriの内蔵ブローカーが使用中です。$CONFIGの[mqtt]にhost = \"127.0.0.1\"と書き、systemctl restart minori のあと、もう一度実行してください"
    fi
    mv /etc/mosquitto/conf.d/minori.conf /etc/mosquitto/minori.conf.refused
    systemctl restart mosquitto || :
    fail "the broker does not start with our settings, now in /etc/mosquitto/minori.conf.refused; does another file in /etc/mosquitto say the same? see: journalctl -u mosquitto" \
        "ブローカーが起動しません。設定は/etc/mosquitto/minori.conf.refusedに移しました。/etc/mosquittoの他のファイルと重複していないか、journalctl -u mosquittoでご確認ください"
}

# 127.0.0.1:1883 listens (0A) though Mosquitto does not run.
is_held_by_minori() {
    { systemctl -q is-active minori || systemctl -q is-active minori-agent; } \
        && grep -q ' 0100007F:075B 00000000:0000 0A ' /proc/net/tcp
}
