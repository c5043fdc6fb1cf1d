"""What can go wrong in the running service: a class for each thing a caller does differently.

EdgeError
├── SettingsMissing      no settings file where it was looked for: write one
├── SettingsHidden       this user may not look into their folder: become another
├── SettingsInvalid      one value in it (or in the environment) is wrong: change that line
├── BrokerRefused        the broker is there and says no: mend the account, do not hammer it
├── BrokerLost           no broker, or the connection broke: try again later
│   └── PublishRefused   connected, but not allowed to say that: mend the broker's access list
├── BrokerDeaf           connected, and nothing comes through any more: remade by itself
├── BrokerSilent         let in and let listen, and given nothing: mend the broker's access list
├── SubscriptionRefused  connected, but not allowed to listen: mend the broker's access list
├── UnknownTopic         a message on a topic no settings speak of: counted, a sample kept
├── AddressTaken         another program listens there: choose another port
├── StoreFailed          the database did not take a batch: nothing more may be acknowledged
├── SignInMissing        asked to listen beyond this machine with no user to sign in
├── UserRefused          a name or password that cannot be: choose another
├── MapInvalid           a CSV map is wrong: change that line
├── RecipeInvalid        a recipe file is wrong: change that line
├── TableInvalid         a CSV file does not have what its map says
├── LotsRefused          rows of a file of lots that cannot be: none was written
├── HubError             the hub did not take something; what was sent stays here, and waits
│   ├── NotEnrolled      no credential yet, or of another hub: `minori enrol`
│   ├── HubAddressWrong  an address that leads nowhere: write it anew
│   ├── HubUnsafe        an address that is not https
│   ├── HubUnreachable   nobody answers: tried again by itself
│   ├── HubSpeaksNoTls   what answers there is no https: check the port
│   ├── EnrolmentLost    asked for a credential, and the answer was lost: the code may be used up
│   ├── HubUntrusted     its certificate is not to be believed: nothing was said to it
│   ├── HubDenied        it knows us and says no, or does not know us: see there
│   ├── HubFailed        it answered, but not as a hub does
│   ├── HubBehind        it has less than its receipts say: asked anew, sent again
│   └── HubTooOld        it runs an older version than this edge: upgrade it first
├── NotDelivered         a message did not reach an address: tried again later
│   └── Undeliverable    and never will as it stands: mend the address
└── FitFailed            the process that fits a forecast gave no answer: see its cause
"""


class EdgeError(Exception):
    """Base of everything this package raises on purpose.

    `template` is the English sentence with named facts: what, where, expected, got, and the
    next thing to try. The facts stay attributes, so that another language can say them.
    """

    code = "edge"
    template = "{message}"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.template.format(**facts))


class SettingsMissing(EdgeError):
    code = "settings_missing"
    template = "no settings file at {looked_at}; `minori init` writes a documented one"


class SettingsHidden(EdgeError):
    code = "settings_hidden"
    template = (
        "you may not read {file}; on an installed machine commands are run as: sudo minori ..."
    )


class SettingsInvalid(EdgeError):
    code = "settings_invalid"
    template = "{file}{line}: {key}: expected {expected}, got {got}; {next_step}"


class SettingsRefused(EdgeError):
    """What was written into the settings of a running service, and is not in force."""

    code = "settings_refused"
    template = "the settings were changed and are refused, those before stay in force: {problem}"

    def __init__(self, because: Exception) -> None:
        facts = getattr(because, "facts", {})
        # The sentence within is said in the reader's language, too (api.problems.sentence).
        self.parts = {"problem": getattr(because, "template", str(because))}
        super().__init__(**{**facts, "problem": str(because)})


class SettingsNeedRestart(EdgeError):
    code = "settings_need_restart"
    template = (
        "{keys}: changed in the settings, takes effect at the next start; "
        "when it suits: sudo systemctl restart minori"
    )


class BrokerRefused(EdgeError):
    code = "broker_refused"
    template = (
        "MQTT broker {broker} refused the connection ({reason}); "
        "check [mqtt] username, password_file and version"
    )


class BrokerLost(EdgeError):
    code = "broker_lost"
    template = "MQTT broker {broker} is not answering ({cause}); it is tried again by itself"


class BrokerDeaf(EdgeError):
    code = "broker_deaf"
    template = (
        "MQTT broker {broker}: connected, but nothing comes through, not even what we say to "
        "ourselves; connecting anew"
    )


class BrokerSilent(EdgeError):
    code = "broker_silent"
    template = (
        "MQTT broker {broker} grants our subscriptions and delivers nothing, not even what we say "
        "on {topic}; let user {username} read # and write {topic} in its access list"
    )


class PublishRefused(BrokerLost):
    code = "publish_refused"
    template = (
        "MQTT broker {broker} does not let us publish on {topic} ({reason}); "
        "check its access list for user {username}"
    )


class SubscriptionRefused(EdgeError):
    code = "subscription_refused"
    template = (
        "MQTT broker {broker} does not let us listen to {topic} ({reason}); "
        "check its access list for user {username}"
    )


class UnknownTopic(EdgeError):
    code = "unknown_topic"
    template = "{topic}: expected one of {known}; list it under [[mqtt.topics]] or [[devices]]"


class AddressTaken(EdgeError):
    code = "address_taken"
    template = "{what} cannot listen on {address}: another program does; {next_step}"


class NoBackup(EdgeError):
    code = "no_backup"
    template = "{folder} is no copy made by `minori backup` ({problem}); name one of its folders"


class BackupRunning(EdgeError):
    code = "backup_running"
    template = "another copy is being made in {folder} right now; wait for it to end"


class RestoreRefused(EdgeError):
    code = "restore_refused"
    template = "{target} {problem}; {next_step}"


class StoreFailed(EdgeError):
    code = "store_failed"
    template = (
        "{readings} readings were not stored ({cause}); none of them was acknowledged, so the "
        "broker sends them again; check the disk, then start the agent"
    )


class SignInMissing(EdgeError):
    code = "sign_in_missing"
    template = (
        "will not listen on {host}:{port}: others could reach it and no user exists to sign in; "
        "run `minori user add NAME --admin`, or set [web] host to 127.0.0.1"
    )


class UserRefused(EdgeError):
    code = "user_refused"
    template = "user {name!r}: {problem}; {next_step}"


class MapInvalid(EdgeError):
    code = "map_invalid"
    template = "{file}{line}: {key}: expected {expected}, got {got}; {next_step}"


class RecipeInvalid(EdgeError):
    code = "recipe_invalid"
    template = "{file}{line}: {key}: expected {expected}, got {got}; {next_step}"


class TableInvalid(EdgeError):
    code = "table_invalid"
    template = "{file}: {problem}; expected {expected}, got {got}; {next_step}"


class DemoFailed(EdgeError):
    code = "demo_failed"
    template = "{what}; it last said:\n{said}"


class NotDelivered(EdgeError):
    """Names the address by its label: the address itself may hold a password."""

    code = "not_delivered"
    template = "{address}: {cause}"


class Undeliverable(NotDelivered):
    code = "undeliverable"
    template = "{address}: {cause}; {next_step}"


class FitFailed(EdgeError):
    code = "fit_failed"
    template = "no forecast of {series} was made: {cause}; {next_step}"


class HubError(EdgeError):
    code = "hub"


class NotEnrolled(HubError):
    code = "hub_not_enrolled"
    template = "{because}; make a code on the hub (minori hub enrol), then: minori enrol CODE"


class HubAddressWrong(HubError):
    code = "hub_address_wrong"
    template = (
        "{url} is no address of a hub; write it as in https://hub.example.org, "
        "with a port as in https://hub.example.org:8443"
    )


class HubUnsafe(HubError):
    code = "hub_unsafe"
    template = (
        "{url} is not safe: records and credentials go over https:// only, http:// is for this "
        "machine; give the hub a certificate, your own authority will do ([hub] ca_file)"
    )


class HubUnreachable(HubError):
    code = "hub_unreachable"
    template = (
        "hub {hub} is not answering ({cause}); check its address and the way there; "
        "what waits for it is safe here meanwhile"
    )


class HubSpeaksNoTls(HubError):
    code = "hub_speaks_no_tls"
    template = (
        "what answers at {hub} does not speak TLS with us ({cause}); check the port: https is "
        "mostly 443, and `minori web` itself speaks plain HTTP behind a TLS proxy"
    )


class EnrolmentLost(HubError):
    code = "enrolment_lost"
    template = (
        "hub {hub} was asked for a credential and its answer did not come ({cause}); try again, "
        "and if the code is said to be used by now, make a new one on the hub: minori hub enrol"
    )


class HubUntrusted(HubError):
    code = "hub_untrusted"
    template = "the certificate of hub {hub} is not trusted ({cause}); {next_step}"


class HubDenied(HubError):
    code = "hub_denied"
    template = "hub {hub} says no: {detail}"


class HubFailed(HubError):
    code = "hub_failed"
    template = (
        "hub {hub} answered {status} ({cause}); look at its log; "
        "what waits for it is safe here meanwhile"
    )


class HubBehind(HubError):
    code = "hub_behind"
    template = "hub {hub} has less than it receipted ({detail}); what it lacks is sent again"


class HubTooOld(HubError):
    code = "hub_too_old"
    template = (
        "hub {hub} is at schema {theirs}, this edge at {ours}; upgrade the hub, then it is sent "
        "what waits here"
    )


class LotsRefused(EdgeError):
    code = "lots_refused"
    template = (
        "{file}: {refused} of {rows} rows cannot be imported, so none was; first, line {line}: "
        "{problem}; {next_step}"
    )
