#!/bin/sh
# Starts Alertmanager, which reads no environment, with a configuration made of these; not where nobody would be told:
#
#   ALERT_WEBHOOK_URL   is posted each in JSON as Alertmanager makes it: a program that rings people, say
#   ALERT_MAIL_TO       gets mails, several by commas: from ALERT_MAIL_FROM, by ALERT_MAIL_SERVER (host:port, with STARTTLS, or
#                       TLS on 465), which lets in ALERT_MAIL_USER by ALERT_MAIL_PASSWORD
#   ALERT_ALIVE_URL     is posted every five minutes while a server answers; who watches it elsewhere sees that all is dead
#
# A test runs it with Debian's Alertmanager, up to a webhook that is told.
set -eu
umask 077  # There are secrets in it.

refuse() {
    echo "alertmanager.sh: $1" >&2
    exit 1
}

# A text as YAML.
quoted() {
    printf "'%s'" "$(printf %s "$1" | sed "s/'/''/g")"
}

webhook=${ALERT_WEBHOOK_URL:-} to=${ALERT_MAIL_TO:-} alive=${ALERT_ALIVE_URL:-}
[ -n "$webhook$to" ] || refuse "nobody would be told: set ALERT_WEBHOOK_URL or ALERT_MAIL_TO"
if [ -n "$to" ]; then
    [ -n "${ALERT_MAIL_FROM:-}" ] || refuse "ALERT_MAIL_FROM is missing: set the address that mails come from"
    [ -n "${ALERT_MAIL_SERVER:-}" ] || refuse "ALERT_MAIL_SERVER is missing: set it like mail.example.com:587"
fi

file=${TMPDIR:-/tmp}/alertmanager.yaml
{
    cat <<'END'
route:
  receiver: people
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 1h
  routes:
    - {matchers: ['severity = "alive"'], receiver: alive, repeat_interval: 5m}
    - {matchers: ['severity = "look"'], receiver: people, repeat_interval: 1d}
receivers:
  - name: alive
END
    [ -z "$alive" ] || cat <<END
    webhook_configs: [{url: $(quoted "$alive"), send_resolved: false}]
END
    echo "  - name: people"
    [ -z "$webhook" ] || cat <<END
    webhook_configs: [{url: $(quoted "$webhook")}]
END
    [ -z "$to" ] || cat <<END
    email_configs:
      - to: $(quoted "$to")
        from: $(quoted "$ALERT_MAIL_FROM")
        smarthost: $(quoted "$ALERT_MAIL_SERVER")
        auth_username: $(quoted "${ALERT_MAIL_USER:-}")
        auth_password: $(quoted "${ALERT_MAIL_PASSWORD:-}")
        send_resolved: true
END
} >"$file"
exec alertmanager --config.file="$file" "$@"
