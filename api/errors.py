"""What the web service itself refuses; everything else it only passes on.

ApiError
├── SignInNeeded      nobody is signed in
├── BadCredentials    wrong name or password (never says which)
├── NotAllowed        signed in, but not for this
├── ForeignOrigin     a form or script of another web site sent this
├── TooManyAttempts   wrong passwords too often: wait
├── BodyTooLarge      more bytes than any act or form has
├── BadCursor         a page link that this version did not make
├── NoSuchPage        nothing lives at that address
├── NoSuchLink        an identity without a link of the type asked for
├── Gone              a code that was withdrawn on purpose
├── KeyNotKept        a GS1 key of things that Minori keeps no record of
├── BadRequest        the request cannot be read at all
├── ChooseOwner       several farms share this hub: say which
├── EdgeUnknown       a credential that no edge has
├── EdgeRevoked       an edge that may send no more
├── FileUnreadable    a file that is no table
├── ImportRefused     rows of a table that cannot be: none was written
├── NotInCp932        a character that Shift_JIS lacks
├── NoSuchTable       CSV holds one table: say which
├── SheetNeedsCutLot  a temperature record is of a lot that was cut
├── SheetTooLong      more rows than a spreadsheet has
├── LabelRefused      a label that must not be printed: PublicUrlNotSet, PublicUrlNotHttps,
│                     UnitUrlNotHttps
└── OurFault          a fault of Minori's: no detail leaves the server
"""


class ApiError(Exception):
    """Base of everything this package raises on purpose; built like `traceability.errors`."""

    code = "api"
    template = "{message}"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.template.format(**facts))


class SignInNeeded(ApiError):
    code = "sign_in_needed"
    template = "this needs a signed-in user; sign in, or send a token as: Authorization: Bearer …"


class BadCredentials(ApiError):
    code = "bad_credentials"
    template = "name or password is wrong; try again, or ask an admin to set a new password"


class NotAllowed(ApiError):
    code = "not_allowed"
    template = "{role} users may not do this; ask somebody who may, or an admin for another role"


class ForeignOrigin(ApiError):
    code = "foreign_origin"
    template = (
        "a page of {origin} sent this, and only our own pages may; open Minori itself and try again"
    )


class TooManyAttempts(ApiError):
    code = "too_many_attempts"
    template = "too many wrong passwords; wait {retry_after_s} seconds, then try again"


class BodyTooLarge(ApiError):
    code = "body_too_large"
    template = "the request is larger than {limit} bytes; send less at once"


class BadCursor(ApiError):
    code = "bad_cursor"
    template = "after={got!r} is not a place in this list; start again without `after`"


class NoSuchPage(ApiError):
    code = "no_such_page"
    template = "there is nothing at {path}; check the address, or start from the first page"


class NoSuchLink(ApiError):
    code = "no_such_link"
    template = "{link} has no link of type {link_type}; linkType=all lists those it has"


class Gone(ApiError):
    code = "withdrawn"
    template = "{link} was withdrawn on {since}: {reason}"


class KeyNotKept(ApiError):
    code = "key_not_kept"
    template = (
        "nothing is kept here under AI ({ai}), {title}; this service knows trade items and lots "
        "(01), cases and pallets (00), and places (414, 415, 417)"
    )


class MethodNotAllowed(ApiError):
    code = "method_not_allowed"
    template = "{method} is not possible at {path}"


class BadRequest(ApiError):
    code = "bad_request"
    template = "the request cannot be read: {problem}"


class InvalidFields(ApiError):
    code = "invalid_fields"
    template = "some fields are not as expected: {problem}"


class ChooseOwner(ApiError):
    code = "choose_owner"
    template = "{count} farms share this hub: say which with organisation=, one of {known}"


class EdgeUnknown(ApiError):
    code = "edge_unknown"
    template = "this hub knows no edge with that credential; enrol it again: minori enrol CODE"


class EdgeRevoked(ApiError):
    code = "edge_revoked"
    template = (
        "edge {name} was revoked on this hub and may send no more; to let it in again, make a code "
        "on the hub with: minori hub enrol --renew {name}"
    )


class FileUnreadable(ApiError):
    code = "file_unreadable"
    template = "the file cannot be read: {because}; {next_step}"


class ImportRefused(ApiError):
    code = "import_refused"
    template = (
        "{problems} problems in {rows} rows, so none was taken in; first, row {row}: {problem}; "
        "{next_step}"
    )


class NotInCp932(ApiError):
    code = "not_in_cp932"
    template = (
        "row {row}, column {column!r}: Shift_JIS (CP932) has no {characters}, and {more} more "
        "cells are like it; take UTF-8, or have such characters replaced by 〓"
    )


class NoParquet(ApiError):
    code = "no_parquet"
    template = (
        "Parquet needs the library pyarrow, which is not installed here; take csv or xlsx, or "
        "install Minori with its forecast extra: pip install 'minori[forecast]'"
    )


class NoSuchTable(ApiError):
    code = "no_such_table"
    template = "CSV holds one table, and none is called {name!r}: say which of {known}, or take zip"


class SheetNeedsCutLot(ApiError):
    code = "sheet_needs_cut_lot"
    template = (
        "the temperature record is of a harvest or of packs, and {lot!r} is neither; name the lot "
        "that was cut or packed"
    )


class SheetTooLong(ApiError):
    code = "sheet_too_long"
    template = (
        "table {table} has {rows} rows, and a spreadsheet holds {most}; ask for a shorter period"
    )


class OurFault(ApiError):
    code = "internal"
    template = "something failed inside Minori; nothing half-written was kept. Its log says more"


class LabelRefused(ApiError):
    code = "label_refused"
    template = "{what}; {next_step}"


class PublicUrlNotSet(LabelRefused):
    code = "public_url_not_set"
    template = (
        "no label is printed while public_url is not set: its code would lead nowhere, and labels "
        "cannot be called back; set public_url in minori.toml to the address shoppers can reach"
    )


class PublicUrlNotHttps(LabelRefused):
    code = "public_url_not_https"
    template = (
        "no label is printed for lot {lot}: without a GTIN its code is an address of the farm, and "
        "{link} does not begin with https://; set public_url in minori.toml to an https:// "
        "address, or pack the lot as a trade item with a GTIN"
    )


class UnitUrlNotHttps(LabelRefused):
    code = "unit_url_not_https"
    template = (
        "no label is printed for {unit}: without an SSCC its code is an address of the farm, and "
        "{link} does not begin with https://; set public_url in minori.toml to an https:// "
        "address, or gs1_prefix under [site] to have units numbered by GS1"
    )
