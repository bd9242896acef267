//! The operations of the API: one entry each, of which routes, OpenAPI and the reader page are made.

use super::{read, write};
use area::{Answer, Guard, Method, Visit};
use futures::future::BoxFuture;
use identity::Permission;

/// One operation.
pub(super) struct Operation {
    /// Method.
    pub(super) method: Method,
    /// Path with `{names}`.
    pub(super) path: &'static str,
    /// Who may call it.
    pub(super) guard: Guard,
    /// Its name to generated clients.
    pub(super) id: &'static str,
    /// What it does, in a few words.
    pub(super) summary: &'static str,
    /// What else a caller should know.
    pub(super) description: &'static str,
    /// What it is asked with.
    pub(super) parameters: &'static [Parameter],
    /// What is sent.
    pub(super) body: Option<Body>,
    /// The schema of the answer.
    pub(super) answer: &'static str,
    /// Whether the answer is a list of it.
    pub(super) is_list: bool,
    /// Answers it.
    pub(super) run: fn(Visit) -> BoxFuture<'static, Answer>,
}

/// What is sent with a writing operation.
#[derive(Clone, Copy)]
pub(super) struct Body {
    /// Media type.
    pub(super) media: &'static str,
    /// Its schema.
    pub(super) schema: &'static str,
    /// One that works.
    pub(super) example: &'static str,
}

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// Among the headers.
    Header,
}

impl Place {
    /// The word OpenAPI has for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
        }
    }
}

/// One parameter.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// Where it stands.
    pub(super) place: Place,
    /// Whether it must be there.
    pub(super) is_required: bool,
    /// `string`, `integer`; with a format after a colon: `string:date`.
    pub(super) kind: &'static str,
    /// What it means.
    pub(super) words: &'static str,
    /// A value that works.
    pub(super) example: &'static str,
}

const fn query(
    name: &'static str,
    kind: &'static str,
    words: &'static str,
    example: &'static str,
) -> Parameter {
    Parameter { name, place: Place::Query, is_required: false, kind, words, example }
}

const fn needed(parameter: Parameter) -> Parameter {
    Parameter { is_required: true, ..parameter }
}

const fn path(name: &'static str, words: &'static str, example: &'static str) -> Parameter {
    Parameter { name, place: Place::Path, is_required: true, kind: "string", words, example }
}

const SITE: Parameter = query(
    "site",
    "string",
    "The site, with everything below it. Without it the topmost site the token or session may ask about.",
    "lakeside.riverside",
);
const AS_OF: Parameter = query(
    "as_of",
    "string:date-time",
    "Answers with what was known at this instant instead of now.",
    "2026-10-02T06:00:00Z",
);
const PERIOD: Parameter = needed(query(
    "period",
    "period",
    "2026, 2026-q4, 2026-10, 2026-10-01 or 2026-11-09..2026-12-06; at most 400 days.",
    "2026-10",
));
const LIMIT: Parameter = query("limit", "integer", "Rows of one page, 1 to 1000.", "100");
const KEY: Parameter = path("key", "A figure's key; see the catalogue.", "midnight_census");
const IDEMPOTENCY: Parameter = Parameter {
    name: "Idempotency-Key",
    place: Place::Header,
    is_required: false,
    kind: "string",
    words: "A repeated request with the same key and content is answered as the first one, for 7 days.",
    example: "7f0c9a52-1",
};

const READS: Operation = Operation {
    method: Method::Get,
    path: "",
    guard: Guard::SignedIn,
    id: "",
    summary: "",
    description: "",
    parameters: &[],
    body: None,
    answer: "",
    is_list: false,
    run: |visit| Box::pin(read::figures(visit)),
};

const CENSUS: Guard = Guard::AtQuery(Permission::CENSUS_VIEW);

/// Every operation, in the order of the reader page.
pub(super) static OPERATIONS: [Operation; 13] = [
    Operation {
        path: "/api/v1/census",
        guard: CENSUS,
        id: "readCensus",
        summary: "The census of a day, or who is inside at an instant",
        description: "With `date` the midnight census, service days and moves of the site and each of its units. With `at` every stay inside, by unit and bed, without names.",
        parameters: &[
            SITE,
            query("date", "string:date", "A civil day at the site.", "2026-10-01"),
            query(
                "at",
                "string:date-time",
                "An instant; give either this or `date`.",
                "2026-10-01T08:00:00Z",
            ),
            AS_OF,
        ],
        answer: "Census",
        run: |visit| Box::pin(read::census(visit)),
        ..READS
    },
    Operation {
        path: "/api/v1/figures",
        id: "listFigures",
        summary: "The catalogue of figures",
        description: "Every figure you may see at some site, with its definition and source.",
        answer: "FigureDefinition",
        is_list: true,
        run: |visit| Box::pin(read::figures(visit)),
        ..READS
    },
    Operation {
        path: "/api/v1/figures/{key}",
        id: "readFigure",
        summary: "One figure of a site and period",
        description: "The parts are kept beside the value: a value without a denominator cannot be added up.",
        parameters: &[KEY, SITE, PERIOD, AS_OF],
        answer: "Figure",
        run: |visit| Box::pin(read::figure(visit)),
        ..READS
    },
    Operation {
        path: "/api/v1/figures/{key}/explain",
        id: "explainFigure",
        summary: "A figure with its definition and the rows it was made from",
        description: "All rows; with `limit` or `offset` a page of them, and a Link to the next one.",
        parameters: &[KEY, SITE, PERIOD, AS_OF, LIMIT, query("offset", "integer", "Rows to pass over.", "0")],
        answer: "Explanation",
        run: |visit| Box::pin(read::explain(visit)),
        ..READS
    },
    Operation {
        path: "/api/v1/needs",
        guard: Guard::AtQuery(Permission::TODAY_VIEW),
        id: "listNeeds",
        summary: "What needs somebody, most urgent first",
        description: "Ranked by class (safety, legal clock, money, rest), then due time. What was put off stands apart.",
        parameters: &[SITE],
        answer: "Needs",
        run: |visit| Box::pin(read::needs(visit)),
        ..READS
    },
    Operation {
        path: "/api/v1/sites",
        id: "listSites",
        summary: "The sites you may see",
        description: "In tree order: a site, then everything below it.",
        answer: "Site",
        is_list: true,
        run: |visit| Box::pin(read::sites(visit)),
        ..READS
    },
    Operation {
        path: "/api/v1/beds",
        guard: CENSUS,
        id: "listBeds",
        summary: "Every open bed and what it is doing",
        parameters: &[SITE],
        answer: "Bed",
        is_list: true,
        run: |visit| Box::pin(read::beds(visit)),
        ..READS
    },
    Operation {
        method: Method::Post,
        path: "/api/v1/beds/{id}/state",
        guard: Guard::Anywhere(Permission::CENSUS_EDIT),
        id: "setBedState",
        summary: "Sets what a bed is doing",
        description: "A bed with a patient in it is refused with 422; blocking needs a reason and an owner.",
        parameters: &[
            path("id", "The bed's id, from the list of beds.", "01k9x3v0h5s7t2m4c8q6w1z0ea"),
            IDEMPOTENCY,
        ],
        body: Some(Body {
            media: "application/json",
            schema: "BedState",
            example: r#"{"state": "blocked", "reason": "maintenance", "owner": "Lena Brandt"}"#,
        }),
        answer: "BedChange",
        run: |visit| Box::pin(write::bed_state(visit)),
        ..READS
    },
    Operation {
        path: "/api/v1/stays",
        guard: CENSUS,
        id: "listStays",
        summary: "Stays, newest arrival first, without names",
        description: "A page at a time: follow `next` or the Link header until there is none.",
        parameters: &[
            SITE,
            query("state", "string", "present (usual), expected or left.", "present"),
            query(
                "from",
                "string:date",
                "Arrived on this day or later; without it, those who left are of the last 31 days.",
                "2026-10-01",
            ),
            query("cursor", "string", "Where the page before ended; from `next`.", ""),
            LIMIT,
        ],
        answer: "StaysPage",
        run: |visit| Box::pin(read::stays(visit)),
        ..READS
    },
    Operation {
        path: "/api/v1/feeds",
        guard: Guard::AtQuery(Permission::FEEDS_VIEW),
        id: "listFeeds",
        summary: "Every feed, its counts and its newest message",
        parameters: &[SITE],
        answer: "Feed",
        is_list: true,
        run: |visit| Box::pin(read::feeds(visit)),
        ..READS
    },
    Operation {
        method: Method::Post,
        path: "/api/v1/messages",
        guard: Guard::AtQuery(Permission::FEEDS_EDIT),
        id: "receiveMessage",
        summary: "Takes in one HL7 v2 message",
        description: "Stored before it is answered. The acknowledgment is what an MLLP sender would get: AA, AE or AR.",
        parameters: &[SITE, IDEMPOTENCY],
        body: Some(Body {
            media: "application/hl7-v2",
            schema: "Message",
            example: "MSH|^~\\&|ADT|RGH|HELMWARD|LAKESIDE|20261001080000||ADT^A01|81|P|2.5.1",
        }),
        answer: "Received",
        run: |visit| Box::pin(write::message(visit)),
        ..READS
    },
    Operation {
        path: "/api/v1/jobs/{id}",
        id: "readJob",
        summary: "How far a piece of long work is",
        description: "Your own work, or any work to an administrator.",
        parameters: &[path("id", "The job's id.", "01k9x3v0h5s7t2m4c8q6w1z0ea")],
        answer: "Job",
        run: |visit| Box::pin(read::job(visit)),
        ..READS
    },
    Operation {
        path: "/api/v1/rules",
        guard: Guard::AtQuery(Permission::TODAY_VIEW),
        id: "listRules",
        summary: "Every dated rule as it stands at a site today",
        description: "With its source, its versions and the site's overrides.",
        parameters: &[SITE],
        answer: "Rule",
        is_list: true,
        run: |visit| Box::pin(read::rules(visit)),
        ..READS
    },
];
