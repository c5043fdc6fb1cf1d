#!/bin/sh
# What starts with the machine, and starting it.

ALL_SERVICES="minori minori-agent minori-web"

wanted_services() {
    if [ "$SERVICES" = two ]; then echo minori-agent minori-web; else echo minori; fi
}

# Enabling is a link; made by hand it also works where no systemd runs.
link_of() {
    case $1 in
        *.timer) echo "$ROOT/etc/systemd/system/timers.target.wants/$1" ;;
        *) echo "$ROOT/etc/systemd/system/multi-user.target.wants/$1" ;;
    esac
}

is_enabled() { [ -L "$(link_of "$1")" ]; }

enable_unit() {
    is_enabled "$1" || change "$1 starts with the machine" "$1を自動起動" make_link "$1"
}

make_link() {
    mkdir -p "$(dirname "$(link_of "$1")")"
    ln -sfn "/etc/systemd/system/$1" "$(link_of "$1")"
}

# take_unit NAME: stopped, not started with the machine any more, and gone.
take_unit() {
    [ -e "$ROOT/etc/systemd/system/$1" ] || is_enabled "$1" || return 0
    change "$1 is taken away" "$1を取り除く" stop_and_remove "$1"
}

stop_and_remove() {
    if is_live; then systemctl stop "$1" || :; fi
    rm -f "$(link_of "$1")" "$ROOT/etc/systemd/system/$1"
    CHANGED_FILES="$CHANGED_FILES /etc/systemd/system/$1"
}

stop_services() {
    is_live || return 0
    for name in $ALL_SERVICES; do
        # One that is just being started anew is stopped, too.
        if [ -e "/etc/systemd/system/$name.service" ]; then systemctl stop "$name"; fi
    done
}

set_up_services() {
    for name in $ALL_SERVICES; do
        case " $(wanted_services) " in
            *" $name "*) ;;
            *) take_unit "$name.service" ;;
        esac
    done
    for name in $(wanted_services); do enable_unit "$name.service"; done
    enable_unit minori-backup.timer
    if [ -n "$WITH_MOSQUITTO" ]; then enable_unit minori-certificates.timer; fi
    is_live || return 0
    tell_system
    if [ -n "$START" ]; then start_services; fi
}

tell_system() {
    case $CHANGED_FILES in *systemd*) systemctl daemon-reload ;; esac
    case $CHANGED_FILES in *udev*) apply_rules ;; esac
}

# To adapters that are plugged in already. A container has no udev of its own to be told.
apply_rules() {
    udevadm control --reload 2>/dev/null || return 0
    udevadm trigger --action=add --subsystem-match=usb --subsystem-match=usb-serial \
        --subsystem-match=tty
}

start_services() {
    for timer in minori-backup.timer minori-certificates.timer; do
        if is_enabled "$timer"; then systemctl start "$timer"; fi
    done
    for name in $(wanted_services); do
        how=start
        if systemctl -q is-active "$name"; then
            case "$SWITCHED:$CHANGED_FILES " in
                yes:* | *"/$name.service "*) how=restart ;;
                *) continue ;;
            esac
        fi
        change "$name: $how" "$name: $how" systemctl "$how" "$name" || go_back "$name"
    done
}

# What is not all right yet, each with its cure: an installation is not done while a clock is not set.
look_over() {
    as_minori "$CURRENT/bin/minori" doctor --config "$CONFIG" || :
}

start_again() {
    for name in $(wanted_services); do systemctl restart "$name" || :; done
}

# Started is a service when it says that it works (Type=notify). If it does not, the release before
# it takes over again, with its record.
go_back() {
    journalctl -u "$1" -n 12 --no-pager -o cat >&2 || :
    if [ -z "$SWITCHED" ] || [ -z "$(previous_release)" ]; then
        fail "$1 does not start; its last words stand above, all of them: journalctl -u $1" \
            "$1が起動しません。最後の記録は上のとおりです（journalctl -u $1）"
    fi
    stop_services
    give_back_record
    point_to "$(previous_release)"
    start_again
    back=$(basename "$(running_release)")
    fail "$1 did not start with $ID (see above), so $back works again, with its record; nothing is lost" \
        "$IDでは$1が起動しないため（上記）、$backに戻しました。記録は失われていません"
}
