#!/bin/sh
# What is laid down, and so what is taken away: file in deploy/, where it goes, its mode.

# Only the services that are wanted: a card that boots for the first time enables all it finds.
unit_files() {
    names="minori-backup.service minori-backup.timer"
    if [ -n "$WITH_MOSQUITTO" ]; then
        names="$names minori-certificates.service minori-certificates.timer"
    fi
    for name in $(wanted_services); do names="$names $name.service"; done
    for name in $names; do echo "systemd/$name /etc/systemd/system/$name 644"; done
}

other_files() {
    echo "udev/60-minori-serial.rules /etc/udev/rules.d/60-minori-serial.rules 644"
    echo "minori /usr/local/bin/minori 755"
}

broker_files() {
    echo "mosquitto/minori.conf /etc/mosquitto/conf.d/minori.conf 644"
    echo "mosquitto/add-device /usr/local/sbin/minori-add-device 755"
    echo "mosquitto/make-certificates /usr/local/sbin/minori-certificates 755"
}
