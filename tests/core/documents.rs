//! The documents that are printed from the tables of the code: they cannot say anything else than it does.
//! `BLESS=1 cargo test --test core documents` prints them anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tintype::domain::account::AccountTier;
use tintype::domain::format::Format;
use tintype::domain::retention::{Surface, Tier};
use tintype::domain::time::{DAY_MS, human_duration};
use tintype::domain::transform::{Gravity, Named};
use tintype::domain::{details, hex, ids};
use tintype::http::problem_types::TYPES;
use tintype::jobs::{AUDIT, EVERY_HOUR, EVERY_MINUTE, EVERY_OTHER_MINUTE, JOBS};
use tintype::policy::audit::{Look, RULES};
use tintype::policy::retention::{self, Keep};
use tintype::policy::transforms::{BOUNDS, WORK_PIXELS_MAX};
use tintype::policy::variants::TransformRule;
use tintype::policy::{
    anomalies, api_keys, data_map, delivery, edge_cache, editions, holding, known_bad, limits, mail, quotas, rates,
    request_log, second_opinion, statistics, teams, transforms, variants, verdicts,
};
use tintype::settings::Delivery;
use tintype::usecases::fetch_image;

use crate::harness::blessed::compare_or_bless;

const PRINTED: &str = "<!-- Printed from the source by a test; change the source instead. -->\n\n";

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    let rows: String =
        rows.into_iter().map(|cells| line(&cells.iter().map(|c| c.replace('|', "\\|")).collect::<Vec<_>>())).collect();
    line(&head) + &rule + &rows + "\n"
}

fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn keep_words(keep: Keep) -> String {
    match keep {
        Keep::For(ms) => human_duration(ms),
        Keep::UntilDeleted => "until deleted".into(),
        Keep::NeverPublic => "never public; recovery only".into(),
        Keep::Refused => "refused, nothing kept".into(),
        Keep::NotStored => "not stored at all".into(),
    }
}

fn tier_words(tier: Tier) -> &'static str {
    match tier {
        Tier::Anonymous => "no account",
        Tier::Free => "free account",
        Tier::Paid => "paid account",
    }
}

fn surface_words(surface: Surface) -> &'static str {
    match surface {
        Surface::Web => "upload page",
        Surface::Api => "API",
        Surface::Import => "import by URL",
        Surface::S3 => "S3 interface",
        Surface::Tool => "image tool",
        Surface::Reference => "reference image",
        Surface::Process => "processing only",
    }
}

/// How long images are kept.
fn windows() -> String {
    let mut text = table(
        &["how it came in", "who", "safe", "restricted", "prohibited", "own choice of a shorter life"],
        retention::ROWS.iter().map(|row| {
            vec![
                row.surfaces.iter().map(|s| surface_words(*s)).collect::<Vec<_>>().join(", "),
                if row.tiers.len() == 3 {
                    "anyone".into()
                } else {
                    row.tiers.iter().map(|t| tier_words(*t)).collect::<Vec<_>>().join(", ")
                },
                keep_words(row.safe),
                keep_words(row.restricted),
                keep_words(row.prohibited),
                if row.caller_ttl { "yes".into() } else { "no".into() },
            ]
        }),
    );
    text += "A day has 24 hours here: no time zone and no daylight-saving rule shortens a promise.\n\n";
    let duration = |ms: i64| human_duration(ms);
    text += &table(
        &["window", "length", "meaning"],
        [
            ("Ceiling without an account", retention::ANONYMOUS_CEILING_MS, "No upload without an account outlives this, whatever any setting says."),
            ("Shortest life one may ask for", retention::TTL_MIN_MS, "Long enough to open the link once."),
            ("Recovery", retention::RECOVERY_MS, "After expiry or deletion the bytes wait here, served to nobody, then are erased."),
            ("Longest recovery a deployment may set", retention::RECOVERY_CEILING_MS, "So that what is deleted is erased within 30 days."),
            ("Tombstone", retention::TOMBSTONE_MS, "So long after the erasure an address still answers 410 instead of 404. Only id, dates and reason are left."),
            ("Draft", retention::DRAFT_MS, "An upload not finished by then is swept away."),
            ("Idempotency-Key", retention::IDEMPOTENCY_MS, "So long a repeat is recognised."),
            ("Idempotency-Key in flight", retention::IDEMPOTENCY_IN_FLIGHT_MS, "So long one attempt keeps others out; then a repeat takes over from a dead one."),
            ("Browser and edge caches", retention::CACHE_MS, "The longest an image may be shown without asking again, and never beyond its expiry."),
        ]
        .map(|(name, ms, meaning)| vec![name.to_owned(), duration(ms), meaning.to_owned()]),
    );
    text
}

#[test]
fn promise_imp_55_what_is_kept_does_not_change_without_an_edition_that_says_so() {
    let places: Vec<String> =
        data_map::rows().iter().map(|row| format!("{}: {} ({})", row.place, row.retention, row.what)).collect();
    let kept = windows() + &places.join("\n");
    assert_eq!(
        hex::sha256(kept.as_bytes()),
        editions::LATEST.sha256,
        "add an edition to src/policy/editions.rs that says what has changed and for whom, with this digest"
    );
}

fn policy() -> String {
    let mut text = format!("# Policy\n\n{PRINTED}");
    text += "What is kept, for how long, and what is taken. The code obeys these tables, the upload page and every\n\
             answer to an upload disclose them, and tests hold both to it. A deployment may set its own windows within\n\
             the ceilings; its `/privacy` page shows the windows in force.\n\n## How long images are kept\n\n\
             Four things decide, and only these: account or not, subscription, how the image came in, and what it shows.\n\n";
    text += &windows();
    text += "## What is taken\n\n";
    let formats: Vec<String> =
        Format::ALL.iter().map(|f| format!("{} (`{}`, `.{}`)", f.name(), f.media_type(), f.extension())).collect();
    let _ = writeln!(text, "Formats, as found by looking at the bytes: {}.\n", formats.join(", "));
    let limits = serde_json::to_value(limits::ANONYMOUS).expect("serialises");
    text += &table(
        &["limit on an image without an account", "value"],
        limits
            .as_object()
            .expect("an object")
            .iter()
            .map(|(name, value)| vec![format!("`{name}`"), grouped(value.as_i64().expect("a whole number"))]),
    );
    text += &table(
        &["limit on what is said about it", "value"],
        [
            ("caption, characters", details::CAPTION_CHARS_MAX),
            ("labels", details::LABELS_MAX),
            ("label key, characters", details::LABEL_KEY_CHARS_MAX),
            ("label value, characters", details::LABEL_VALUE_CHARS_MAX),
            ("metadata, bytes of JSON", details::METADATA_BYTES_MAX),
            ("file name kept, characters", details::FILENAME_CHARS_MAX),
            ("Idempotency-Key, fewest characters", ids::IdempotencyKey::CHARS_MIN),
            ("Idempotency-Key, most characters", ids::IdempotencyKey::CHARS_MAX),
            ("URL to import, bytes", fetch_image::URL_BYTES_MAX),
            ("redirects followed on import", fetch_image::REDIRECTS_MAX),
            ("time for each request of an import, milliseconds", fetch_image::TIMEOUT_MS as usize),
        ]
        .map(|(name, value)| vec![name.to_owned(), grouped(value as i64)]),
    );
    text += "## How often\n\nA caller without an account is told apart by a keyed hash of the address (all of IPv4, the /64 of IPv6), under\n\
             a salt that is made for one UTC day and destroyed after it.\n\n";
    text += &table(
        &["window", "uploads"],
        rates::ANONYMOUS.iter().map(|limit| vec![human_duration(limit.window_ms), limit.count_max.to_string()]),
    );
    let _ = writeln!(
        text,
        "## Content\n\nEdition {} of the rules. Every answer names the edition that was applied. Safe images are served; flagged\nones are served, and a person looks at them; restricted ones are shown only to whoever asks to see them, after a warning,\nand for a shorter time; prohibited ones are never made public, and wait for a person to look at them before they are\nerased.\n\nWhat a model says of a frame is held against these rows. The first that applies decides, for an animation in its worst\nframe; without one the image is safe. Where there is no model, every image is treated as safe.\n",
        verdicts::POLICY_VERSION
    );
    text += &table(
        &["sum of the model's classes", "from", "verdict", "why there"],
        verdicts::THRESHOLDS.iter().map(|row| {
            [row.measure.as_str(), &format!("{:.2}", row.at_least), row.verdict.as_str(), row.why]
                .map(str::to_owned)
                .into()
        }),
    );
    text += &unusual();
    text += &served();
    text += &accounts();
    text += &programs();
    text += &written_down();
    text += &known_material();
    text += &not_judged_at_once();
    text += &letters();
    text += &teams();
    text += "## What happens by itself\n\n";
    text += &table(
        &["job", "runs"],
        JOBS.iter().map(|job| {
            let when = match job.cron {
                EVERY_MINUTE => "every minute",
                EVERY_OTHER_MINUTE => "every other minute",
                EVERY_HOUR | AUDIT => "every hour",
                _ => "every night",
            };
            vec![format!("`{}`", job.name), format!("{when} (`{}`)", job.cron)]
        }),
    );
    text += "\n## What the auditor checks\n\n`/promises` and `/status.json` say what it found.\n\n";
    text += &table(
        &["rule", "promise", "in words", "late after", "looked at"],
        RULES.iter().map(|rule| {
            let looked = match rule.look {
                Look::Due(_) => "hourly, the thousand whose time comes first",
                Look::AtEach => "hourly, all",
                Look::Walk => "nightly, all",
                Look::Sample => "hourly, a few by chance",
            };
            let late = if rule.allowance_ms == 0 { "at once".to_owned() } else { human_duration(rule.allowance_ms) };
            vec![
                format!("`{}`", rule.name),
                rule.promise.unwrap_or_default().to_owned(),
                rule.words.to_owned(),
                late,
                looked.to_owned(),
            ]
        }),
    );
    text.trim_end().to_owned() + "\n"
}

/// What is unusual, and what follows (promise SHO-05).
fn unusual() -> String {
    let mut text = "## What is unusual\n\n\
        Beside the limits, these rules hold. Who is slowed is let through one at a time, with the pause that is named, and nobody is shut\n\
        out; after a challenge, where the deployment has one, a person is counted afresh. Counters are forgotten with their window, and say\n\
        nothing of anybody afterwards.\n\n"
        .to_owned();
    text += &table(
        &["rule", "from", "what follows", "why"],
        anomalies::RULES.iter().map(|rule| {
            vec![format!("`{}`", rule.name), rule.counted_words(), rule.reaction_words(), rule.why.to_owned()]
        }),
    );
    text
}

/// How images are served, and what is made of them.
fn served() -> String {
    assert_eq!((Delivery::default().hotlinks.is_on(), Delivery::default().transforms), (false, TransformRule::Any));
    let mut text = "## Delivery\n\nA deployment may set these otherwise (docs/deploy.md).\n\n".to_owned();
    text += &table(
        &["rule", "unless set", "settings", "why"],
        delivery::RULES.iter().map(|rule| {
            let settings: Vec<String> = rule.settings.iter().map(|name| format!("`{name}`")).collect();
            [rule.about, rule.default, &settings.join(", "), rule.why].map(str::to_owned).into()
        }),
    );
    let _ = writeln!(
        text,
        "Where there are copies near visitors, one is served for {} at most, counted from when it was read from storage and\n\
         together with the browsers that have it from there. When an image leaves public view before its date, or what is shown\n\
         of it changes, its copies are purged at once, and again after {}.\n",
        human_duration(retention::CACHE_MS),
        human_duration(i64::from(edge_cache::PURGED_AGAIN_AFTER_S) * 1_000),
    );
    let bounds = transforms::BOUNDS;
    text += &table(
        &["limit on transforms", "value"],
        [
            ("side, pixels", grouped(bounds.side_px_max.into())),
            ("width times height, pixels", grouped(bounds.pixels_max as i64)),
            ("`dpr`", bounds.dpr_max.to_string()),
            ("`blur`", bounds.blur_max.to_string()),
            ("`sharpen`", bounds.sharpen_max.to_string()),
            ("`brightness`, `contrast`, `gamma`, `saturation`", bounds.adjust_max.to_string()),
            ("`q`, if nothing is said", bounds.quality.to_string()),
            ("work on one: pixels decoded, resized, filtered and encoded", grouped(transforms::WORK_PIXELS_MAX as i64)),
            ("variants of one image begun in an hour", grouped(variants::BEGUN_PER_HOUR_MAX)),
            ("variants of one image that are stored", grouped(variants::STORED_MAX)),
            ("time without being used, after which one is erased", human_duration(variants::IDLE_MS)),
        ]
        .map(|(name, value)| vec![name.to_owned(), value]),
    );
    text
}

/// How much an account may store.
fn accounts() -> String {
    let most = |max: Option<u64>| max.map_or("unlimited".to_owned(), |max| grouped(i64::try_from(max).expect("fits")));
    let row = |tier: AccountTier| {
        let quota = quotas::of(tier);
        let figures = [quota.images_max, quota.bytes_max, quota.uploads_max].map(most);
        [vec![tier.as_str().to_owned()], figures.to_vec()].concat()
    };
    let mut text = "## What an account may store\n\nCounted in the transaction that changes it; an image counts from its upload's \
                    intent until it leaves\nthe account's hands, not while its bytes wait in recovery.\n\n"
        .to_owned();
    text += &table(&["account", "images", "bytes", "uploads in a calendar month"], AccountTier::ALL.map(row));
    text += "\n";
    text
}

/// How large teams may be.
fn teams() -> String {
    let mut text = "## Teams\n\n".to_owned();
    let letters = |limits: &[rates::RateLimit]| {
        let each =
            limits.iter().map(|limit| format!("{} an {}", limit.count_max, limit.name).replace("an day", "a day"));
        each.collect::<Vec<_>>().join(", ")
    };
    text += &table(
        &["of", "at most"],
        [
            ("teams that an account owns", grouped(teams::OWNED_MAX)),
            ("teams that an account is in", grouped(teams::JOINED_MAX)),
            ("members of a team, open invitations included", grouped(teams::MEMBERS_MAX)),
            ("open invitations of a team", grouped(teams::INVITATIONS_MAX)),
            ("letters of invitation from one account", letters(&teams::INVITATIONS_BY)),
            ("letters of invitation to one address", letters(&teams::INVITATIONS_TO)),
            ("an invitation's life", human_duration(teams::INVITATION_MS)),
            ("images of closed teams taken out of view in a minute", grouped(teams::CLOSED_IMAGES_MAX)),
        ]
        .map(|(of, count)| vec![of.to_owned(), count]),
    );
    text
}

/// What is asked of programs.
fn programs() -> String {
    let mut text = "## API keys and signed requests\n\n".to_owned();
    let rules = api_keys::SIGNATURES;
    text += &table(
        &["limit", "value"],
        [
            ("keys of one account that are neither revoked nor expired", grouped(api_keys::KEYS_MAX)),
            ("name of a key, characters", grouped(api_keys::NAME_CHARS_MAX as i64)),
            ("shortest life of a key that one may ask for", human_duration(api_keys::TTL_MIN_MS)),
            ("longest life of a key that one may ask for", human_duration(api_keys::TTL_MAX_MS)),
            ("time for which an ended key stays in the list", human_duration(api_keys::ENDED_KEPT_MS)),
            ("time between a signature and our clock, before or after", human_duration(rules.skew_ms)),
            ("nonce, fewest characters", rules.nonce_chars.start().to_string()),
            ("nonce, most characters", rules.nonce_chars.end().to_string()),
            ("signatures of one request that are tried", rules.signatures_max.to_string()),
            ("components that one signature covers", rules.components_max.to_string()),
        ]
        .map(|(name, value)| vec![name.to_owned(), value]),
    );
    text
}

/// What is written down of requests, and counted of uploads.
fn written_down() -> String {
    let mut text = "## What is written down of requests, and counted\n\nOf requests to the API with a key, for whoever owns it (`REQUEST_LOG`); never of a page, and never of an image.\n\n".to_owned();
    text += &table(
        &["rule", "value"],
        [
            ("time for which a request is listed", human_duration(request_log::REQUESTS_MS)),
            (
                "requests of one key that are listed of a day; then they are counted",
                grouped(request_log::LISTED_OF_KEY_MAX),
            ),
            ("the same of all keys of an account", grouped(request_log::LISTED_OF_ACCOUNT_MAX)),
            ("the same without a key, where a deployment lists them", grouped(request_log::LISTED_OF_NOBODY_MAX)),
            ("of how many of a kind and a day the statistics tell", format!("{} and more", statistics::TOLD_FROM)),
            ("time for which the statistics of a day are kept", human_duration(statistics::STATISTICS_MS)),
        ]
        .map(|(name, value)| vec![name.to_owned(), value]),
    );
    text
}

/// What is known already.
fn known_material() -> String {
    let mut text = format!(
        "## Known material\n\nBefore any of that counts, an image is compared with lists of known ones: by the SHA-256 of its bytes, and by\n\
         PDQ hashes of quality {} or more within {} of 256 bits. A match is never public (docs/known-bad-lists.md).\n\n",
        known_bad::PDQ_QUALITY_MIN,
        known_bad::PDQ_DISTANCE_MAX,
    );
    let legal_hold = human_duration(known_bad::LEGAL_HOLD_MS);
    text += &table(
        &["category", "kept for the authorities", "uploader is told the list", "why"],
        known_bad::CATEGORIES.iter().map(|row| {
            let kept = if row.is_reported { legal_hold.as_str() } else { "no" };
            let named = if row.is_named { "yes" } else { "no" };
            [row.category.as_str(), kept, named, row.why].map(str::to_owned).into()
        }),
    );
    text
}

/// What waits, and what is asked outside.
fn not_judged_at_once() -> String {
    let mut text = format!(
        "## What cannot be judged at once\n\nIt is held in private and tried again, first after {}, then after twice the time before, up to {}. After {}\n\
         it is given up and erased. At most {} images wait so; beyond that, uploads are asked to come back.\n\n",
        human_duration(holding::wait_ms(0)),
        human_duration(holding::wait_ms(i64::MAX)),
        human_duration(holding::HELD_MS),
        grouped(i64::try_from(holding::HELD_IMAGES_MAX).unwrap_or(i64::MAX)),
    );
    let _ = writeln!(
        text,
        "Where a deployment has it so, a classifier outside is asked about flagged images, at most {} times. It clears what it\n\
         sees nothing of the kind in, and prohibits nothing.\n",
        second_opinion::ATTEMPTS_MAX,
    );
    text += &table(
        &["label", "from", "verdict", "why"],
        second_opinion::RULES.iter().map(|row| {
            [row.label, &format!("{:.0} %", row.at_least), row.verdict.as_str(), row.why].map(str::to_owned).into()
        }),
    );
    text
}

fn letters() -> String {
    format!(
        "## Letters\n\nWhat is new is sent only to whom the latest entry of the ledger of consent allows it; what an account needs is sent\n\
         without. A letter that cannot be sent is tried again, first after {}, then after twice the time before, up to {}.\n\
         After {} it is given up, and forgotten {} later. What a letter said is destroyed when it is sent, and that it\n\
         was sent is forgotten after {}.\n\n",
        human_duration(mail::wait_ms(0)),
        human_duration(mail::wait_ms(i64::MAX)),
        human_duration(mail::GIVEN_UP_AFTER_MS),
        human_duration(mail::DEAD_KEPT_MS),
        human_duration(mail::SENT_KEPT_MS),
    )
}

fn data() -> String {
    let mut text = format!("# Where data rests\n\n{PRINTED}");
    text += "Every column, every kind of stored object and every field of a log line: what it is, whose it is, how long it\n\
             stays, whether its owner gets a copy, and how it is erased. A test compares this with the schema, the names of\n\
             objects and the fields of the log; what is not listed here cannot be stored.\n\n\
             There are no visitors in it: a view writes nothing down, anywhere.\n\n\
             One place is beyond these rules: the database service keeps a history of its own, 30 days back (7 on its free\n\
             plan), from which the operator can restore. What is erased from a table is erased from that history when\n\
             those days have passed. Image bytes and salts are not in the database, for that reason.\n\n";
    let mut groups: Vec<(&str, Vec<&data_map::DataRow>)> = Vec::new();
    let data = data_map::rows();
    for row in &data {
        let group = row.place.split(['.', '/']).next().unwrap_or(row.place);
        let group = if row.place.contains('/') { "objects" } else { group };
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((group, vec![row])),
        }
    }
    for (group, rows) in groups {
        let title = match group {
            "objects" => "Objects: `bucket/prefix`".to_owned(),
            "log" => "Log lines".to_owned(),
            table => format!("Table `{table}`"),
        };
        let _ = writeln!(text, "## {title}\n");
        text += &table(
            &["place", "what", "whose", "how long", "copy", "erasure"],
            rows.into_iter().map(|row| {
                let place = row.place.strip_prefix(&format!("{group}.")).unwrap_or(row.place);
                [&format!("`{place}`"), row.what, row.owner, row.retention, row.export, row.erasure]
                    .map(str::to_owned)
                    .into()
            }),
        );
    }
    text.trim_end().to_owned() + "\n"
}

fn problems() -> String {
    let mut text = format!("# Problems\n\n{PRINTED}");
    text += "Every error is an RFC 9457 document (`application/problem+json`), or a page for `Accept: text/html`. It has\n\
             `type` (the address of the kind's page, `/problems/{code}`), `title`, `status`, `detail`, `code` and\n\
             `request_id`. Where waiting helps, there is `Retry-After` and the member `action` with `type: \"wait\"` and\n\
             `retry_after` in seconds. Errors are never cached. Codes and statuses do not change; words may.\n\n";
    text += &table(
        &["status", "code", "when"],
        TYPES.iter().map(|kind| {
            vec![kind.status.to_string(), format!("[`{0}`](#{0})", kind.slug), kind.explanation.to_owned()]
        }),
    );
    for kind in TYPES {
        let _ = writeln!(
            text,
            "## {}\n\n**{} {}** {}\n\nWhat to do: {}\n",
            kind.slug, kind.status, kind.title, kind.explanation, kind.remedy
        );
    }
    text.trim_end().to_owned() + "\n"
}

fn transforms() -> String {
    let mut text = format!("# Transforms\n\n{PRINTED}");
    text += "An image's address with a query is a variant of it: `/abc….jpg?w=400&format=webp`. Parameters may come in any order,\n\
             and what asks for the same is one file. What is no value is ignored; what is out of bounds is set to the bound;\n\
             both are said in the answer's `Transform-Notes`, as is what could not be done as it was asked for.\n\n";
    let bounds = BOUNDS;
    let sizes: Vec<String> = bounds
        .sizes
        .iter()
        .map(|named| match named.size {
            Named::Short(side) => format!("`{}`: a shorter side of {}", named.name, grouped(side.into())),
            Named::Padded(width, height) => {
                format!("`{}`: {} x {} with background", named.name, grouped(width.into()), grouped(height.into()))
            }
        })
        .collect();
    let gravities: Vec<String> = Gravity::ALL.iter().map(|(word, _)| format!("`{word}`")).collect();
    let formats: Vec<String> = Format::ALL.iter().map(|format| format!("`{}`", format.extension())).collect();
    let side = format!("1 to {}", grouped(bounds.side_px_max.into()));
    let factor = format!("0 to {}", bounds.adjust_max);
    let rows: [(&str, &str, &str); 23] = [
        ("size", &sizes.join("; "), "a size by name; only `social` enlarges"),
        ("w", &side, "width in pixels"),
        ("h", &side, "height in pixels"),
        ("short", &side, "shorter side in pixels, never enlarged: what the named sizes stand for"),
        ("dpr", &format!("up to {}", bounds.dpr_max), "multiplies `w`, `h`, `short` and `size`"),
        (
            "fit",
            "`scale-down`, `contain`, `cover` or `crop`, `pad`",
            "whole and never enlarged (as it is without `fit`); whole, enlarged if need be; filled, and the rest cut off; whole, on a background",
        ),
        (
            "gravity",
            &gravities.join(", "),
            "what a cover keeps and where a pad has its image; `auto` finds what is to be seen",
        ),
        ("flip", "`h`, `v`, `hv`", "mirrors it, before it is rotated"),
        ("rotate", "`90`, `180`, `270`", "clockwise"),
        ("brightness", &factor, "multiplies every value"),
        ("contrast", &factor, "multiplies the distance from the middle grey"),
        (
            "gamma",
            &format!("0.01 to {}", bounds.adjust_max),
            "raises values to its inverse: above 1, dark parts get lighter",
        ),
        ("saturation", &factor, "multiplies the distance from the grey of the same luma (BT.709)"),
        ("grayscale", "`true`, or nothing", "as `saturation=0`"),
        ("blur", &format!("up to {}", bounds.blur_max), "standard deviation of the Gaussian in pixels of the result"),
        ("sharpen", &format!("up to {}", bounds.sharpen_max), "strength of an unsharp mask on luma"),
        ("background", "a CSS colour", "what shows through and around; without it, white where the format needs one"),
        (
            "format",
            &format!("{}, `auto`", formats.join(", ")),
            "`auto` is WebP for who says that it is read; `avif` is answered with WebP",
        ),
        ("q", "1 to 100", &format!("quality of JPEG and WebP; {} if nothing is said", bounds.quality)),
        ("anim", "`false`", "only the first frame"),
        ("view", "", "no transform: how a restricted image is asked for"),
        ("download", "", "no transform: the answer is a file to keep"),
        ("exp, kid, sig", "", "no transform: the signature of a signed address (docs/deploy.md)"),
    ];
    text += &table(
        &["parameter", "values", "what it does"],
        rows.iter().map(|(name, values, what)| vec![format!("`{name}`"), (*values).to_owned(), (*what).to_owned()]),
    );
    let _ = writeln!(
        text,
        "A result has at most {} pixels on a side and {} in all. Whatever the order of the parameters, work goes in this one:\n\
         upright by the file's orientation, `flip`, `rotate`, size and cut, colours from `brightness` down, `blur`, `sharpen`,\n\
         `background`, `format`. Colours are converted to sRGB. No metadata is in a result.\n\n\
         GIF and WebP stay animated as long as the work stays below that of {} million pixels; decoding, scaling and encoding a\n\
         pixel count separately. Beyond that, and for APNG, the first frame is made.",
        grouped(bounds.side_px_max.into()),
        grouped(i64::try_from(bounds.pixels_max).unwrap_or(i64::MAX)),
        WORK_PIXELS_MAX / 1_000_000,
    );
    text
}

/// What is shown there is what tests/worker/signed_clients.test.mjs runs.
#[test]
fn the_clients_in_the_document_on_authentication_are_those_that_are_tested() {
    let shown = std::fs::read_to_string(document("api-authentication.md")).expect("readable");
    for name in ["upload.py", "upload.sh"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/clients").join(name);
        let program = std::fs::read_to_string(path).expect("readable");
        assert!(shown.contains(&program), "{name} is another in docs/api-authentication.md");
    }
}

#[test]
fn the_transforms_document_is_what_the_bounds_say() {
    compare_or_bless(&document("transforms.md"), &transforms());
}

#[test]
fn the_policy_document_is_what_the_tables_say() {
    compare_or_bless(&document("policy.md"), &policy());
}

#[test]
fn the_data_document_is_what_the_map_says() {
    compare_or_bless(&document("data.md"), &data());
}

#[test]
fn the_problems_document_is_what_the_table_says() {
    compare_or_bless(&document("problems.md"), &problems());
}

#[test]
fn the_words_of_the_data_map_agree_with_the_policy() {
    // The map tells windows in words; the figures behind them are these.
    assert_eq!(retention::RECOVERY_MS, 14 * DAY_MS);
    assert_eq!(retention::TOMBSTONE_MS, 90 * DAY_MS);
    assert_eq!(retention::IDEMPOTENCY_MS, DAY_MS);
    assert!(data_map::rows().iter().any(|row| row.retention.contains("the recovery window: 14 days")));
    assert!(data_map::rows().iter().any(|row| row.retention.contains("90 days as a tombstone")));
    let of_keys = data_map::rows().into_iter().filter(|row| row.place.starts_with("idempotency_keys."));
    assert!(of_keys.clone().count() == 5 && of_keys.clone().all(|row| row.retention.starts_with("24 hours")));
}
