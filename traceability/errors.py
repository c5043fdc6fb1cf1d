"""What the record refuses, one class for each thing a caller does differently.

TraceabilityError
├── NotFound               nothing here has that name: UnknownLot, UnknownPlace, ...
├── AmbiguousLot           more than one lot answers to that text; lists them
├── AmbiguousAlarm         more than one alarm ends like that
├── LotCodeTaken           a code is never used twice under one trade item
├── MassNotConserved       parts do not add up to the whole
├── MassAppears            more comes out than went in
├── HeavierThanPhysics     a harvest above what so many heads can weigh
├── NotEnough              more is taken from a lot than it holds
├── InUnits                what is to be taken is in a case or on a pallet: take it out first
├── LotHeld                the lot is on hold: release it first
├── RecallOpen             a recall cannot be closed yet, or is closed already
├── GraphCycle             lots that went into themselves
├── NoLotCode              no code was given, and there is no rule to make one by
├── OutOfOrder             an act before the act it builds on
├── WrongStage             this act makes no sense for such a lot
├── ActConflict            the same act id with other contents
├── SiteElsewhere          a site records at its own edge, and only there
├── CannotVoid             later acts build on the one to be voided
├── AlarmOver              the alarm is cleared: nothing left to do about it
├── ReadingsExpired        asked for more finely than it is still kept
├── PromiseFrozen          what a partner was told is not changed: promise anew
├── BadValue               a field outside what it may be
├── RecordRefused          a record an edge sent that this hub does not take; the stream goes on
│   ├── RecordNeeds        it speaks of something that is not here
│   ├── RecordForeign      it belongs to another site or farm
│   ├── RecordTaken        another row here has that number
│   └── RecordUnreadable   it is not what it says, or of a kind this version does not know
├── StreamBroken           an edge goes on from where this hub is not: it asks, then sends again
├── EnrolmentRefused       a one-time code lets nobody in: wrong, used, too old
│   ├── EnrolmentForOther  it is for another site
│   ├── EdgeTaken          an edge of that name is here already
│   ├── FarmTaken          the farm is here already, and the code was not made for it
│   └── SiteTaken          the site is here already, and the code was not made for it
├── DatabaseTooNew         the file was written by a newer Minori
├── DatabaseUnusable       the database cannot be opened or lacks its tables
│   └── DatabaseDamaged    some of its pages are wrong: recover what can be read
├── DatabaseFull           no room on the disk: nothing was written, make room
└── DatabaseInDoubt        the disk failed: nothing is written until the file was verified
"""

from collections.abc import Mapping
from typing import Self


class Phrase(str):
    """A fact of an error that is itself words with facts in them: English wherever it is read as
    text, and said anew in another language by whoever has the words."""

    __slots__ = ("facts", "template")
    template: str
    facts: Mapping[str, object]

    def __new__(cls, template: str, /, **facts: object) -> Self:
        phrase = super().__new__(cls, template.format(**facts))
        phrase.template, phrase.facts = template, facts
        return phrase


class TraceabilityError(Exception):
    """Base of everything this package raises on purpose.

    `template` is the English sentence with named facts, as in `sensors.errors`: the facts stay
    attributes, so that `api` can say it in another language.
    """

    code = "traceability"
    template = "{message}"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.template.format(**facts))


class NotFound(TraceabilityError):
    code = "not_found"
    template = "no {what} {name!r} here; {next_step}"


class NotAmong(NotFound):
    template = "no {what} {name!r} here; known are: {known}"


class NotForecast(NotFound):
    code = "not_forecast"
    template = (
        "no forecast of {crop} reaches the week of {week}; weeks that are forecast: {reach}; "
        "make a forecast, or name another week"
    )


class UnknownLot(NotFound):
    code = "unknown_lot"
    template = "no lot answers to {name!r}; check the code, or list lots with: minori lot list"


class UnknownIdentity(NotFound):
    code = "unknown_identity"
    template = "nothing is recorded here for {name}; check the number, or ask whoever printed it"


class AmbiguousLot(TraceabilityError):
    code = "ambiguous_lot"
    template = "{count} lots answer to {name!r}; say which: {candidates}"


class UnknownAlarm(NotFound):
    code = "unknown_alarm"
    template = "no alarm has the id {name!r} or one that ends so; list them: minori alarms list"


class AmbiguousAlarm(TraceabilityError):
    code = "ambiguous_alarm"
    template = "{count} alarms have an id that ends in {name!r}; say more of it: {candidates}"


class LotCodeTaken(TraceabilityError):
    code = "lot_code_taken"
    template = (
        "lot code {lot!r} is already used for {scope}; codes are never used twice, choose another"
    )


class MassNotConserved(TraceabilityError):
    code = "mass_not_conserved"
    template = (
        "lot {lot} holds {whole} but its parts add up to {parts} ({difference}); "
        "weigh again, or record the difference with a discard"
    )


class MassAppears(TraceabilityError):
    code = "mass_appears"
    template = (
        "{output_g} g would come out of {input_g} g: {by_g} g too much; "
        "weigh again, or name every lot that went in"
    )


class HeavierThanPhysics(TraceabilityError):
    code = "heavier_than_physics"
    template = (
        "{weight_g} g from {pieces} heads of {crop} is {by_g} g more than heads of at most "
        "{largest_head_g} g can weigh; check the scale, the count, or the crop's largest head"
    )


class NotEnough(TraceabilityError):
    code = "not_enough"
    template = (
        "lot {lot} holds {has} but {asked} is to be taken: {by} too much; "
        "check the amount, or whether another act already took it"
    )


class InUnits(TraceabilityError):
    code = "in_units"
    template = (
        "of lot {lot} {inside} is in cases or on pallets and {loose} is loose, but {asked} is to "
        "be taken; ship the unit whole, or take it out first"
    )


class LotHeld(TraceabilityError):
    code = "lot_held"
    template = "lot {lot} is on hold since {since} ({reason}): {kind} has to wait; release it first"


class NoLotCode(TraceabilityError):
    code = "no_lot_code"
    template = "no code was given for the {kind} and none can be made: {because}; {next_step}"


class RecallOpen(TraceabilityError):
    code = "recall_state"
    template = "recall {recall}: {because}; {next_step}"


class GraphCycle(TraceabilityError):
    code = "graph_cycle"
    template = (
        "lots went into themselves ({lots}): no share can be reckoned; void the act that closed "
        "the circle"
    )


class OutOfOrder(TraceabilityError):
    code = "out_of_order"
    template = (
        "{kind} of lot {lot} at {at} is earlier than its {earlier_kind} at {earlier_at}; "
        "correct the time, or void the other act first"
    )


class WrongStage(TraceabilityError):
    code = "wrong_stage"
    template = "lot {lot} is {stage}: {kind} does not fit; {next_step}"


class ActConflict(TraceabilityError):
    code = "act_conflict"
    template = (
        "act {act} was already recorded with other contents; "
        "an act is never changed: void it and record a new one"
    )


class CannotVoid(TraceabilityError):
    code = "cannot_void"
    template = "act {act} ({kind}) cannot be voided: {because}; {next_step}"


class AlarmOver(TraceabilityError):
    code = "alarm_over"
    template = "alarm {alarm} is over since {at}; nothing is left to be done about it"


class SiteElsewhere(TraceabilityError):
    code = "site_elsewhere"
    template = (
        "site {site} records its acts itself and sends them here; record the {kind} there, "
        "or the site would never know of it"
    )


class PromiseFrozen(TraceabilityError):
    code = "promise_frozen"
    template = (
        "promise {promise} for the week of {week} was made and is not changed; "
        "make a new one, which takes its place"
    )


class BadValue(TraceabilityError):
    code = "bad_value"
    template = "{field}: expected {expected}, got {got}; {next_step}"


class RecordRefused(TraceabilityError):
    code = "record_refused"


class RecordNeeds(RecordRefused):
    code = "record_needs"
    template = (
        "{kind} {ref} needs {needed_kind} {needed_ref}, which is not on this hub, perhaps because "
        "it was refused; mend that first, then run: minori hub retry"
    )


class RecordForeign(RecordRefused):
    code = "record_foreign"
    template = (
        "{kind} {ref} belongs to {owner}, for which this edge does not speak; "
        "check [site] organisation and code, then enrol again"
    )


class RecordTaken(RecordRefused):
    code = "record_taken"
    template = (
        "{kind} {ref}: {field} {value!r} is already used on this hub by {holder}; "
        "change one of them, then run: minori hub retry"
    )


class RecordUnreadable(RecordRefused):
    code = "record_unreadable"
    template = "{kind} {ref} cannot be taken: {because}; {next_step}"


class StreamBroken(TraceabilityError):
    code = "stream_broken"
    template = (
        "{stream} go on after {after}, but this hub has them up to {have}; "
        "the edge sends the rest again by itself"
    )


class EnrolmentRefused(TraceabilityError):
    code = "enrolment_refused"
    template = "this code lets nobody in: {because}; make a new one on the hub: minori hub enrol"


class EnrolmentForOther(EnrolmentRefused):
    code = "enrolment_for_other"
    template = (
        "this code is for {what} {allowed}, not {asked}; correct [site] in minori.toml, or make "
        "another code on the hub: minori hub enrol"
    )


class EdgeTaken(EnrolmentRefused):
    code = "edge_taken"
    template = (
        "edge {name} is on this hub already; for the same site anew, make the code with "
        "--renew {name}; for another site, change [site] code"
    )


class FarmTaken(EnrolmentRefused):
    code = "farm_taken"
    template = (
        "farm {organisation} is on this hub already; if this site is its, make the code with "
        "--organisation {organisation}; if not, change [site] organisation"
    )


class SiteTaken(EnrolmentRefused):
    code = "site_taken"
    template = (
        "site {name} is on this hub already, without an edge; if it is that one, make the code "
        "with --organisation and --site-code"
    )


class BackupFailed(TraceabilityError):
    code = "backup_failed"
    template = "{what}: {cause}; {next_step}"


class BackupDamaged(TraceabilityError):
    code = "backup_damaged"
    template = "{backup} is not what was written ({problem}); use another copy"


class DatabaseTooNew(TraceabilityError):
    code = "database_too_new"
    template = (
        "{url} is at schema {found}, which this Minori ({known}) does not know: it was written "
        "by a newer version; upgrade Minori, or restore the backup made before that upgrade"
    )


class DatabaseUnusable(TraceabilityError):
    code = "database_unusable"
    template = "{url} cannot be used: {cause}; {next_step}"


class ReadingsExpired(TraceabilityError):
    code = "readings_expired"
    template = (
        "series {series} has no {resolution} rows any more before {since}; ask from then on, or "
        "for {kept}"
    )


class DatabaseDamaged(DatabaseUnusable):
    code = "database_damaged"
    template = (
        "{url} is damaged: {cause}; stop every minori service, then run: minori db rescue "
        "(the service does so itself when it starts)"
    )


class DatabaseFull(TraceabilityError):
    code = "database_full"
    template = (
        "{url}: the disk is full, and nothing of this was recorded; make room, then do it again"
    )


class DatabaseInDoubt(TraceabilityError):
    code = "database_in_doubt"
    template = (
        "{file}: the disk failed ({cause}), and nothing is recorded until the file was reopened "
        "and verified, which happens by itself; if this stays, the disk is dying"
    )
