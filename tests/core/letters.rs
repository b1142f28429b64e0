//! Letters: what they say, that each is sent once, and what becomes of those that cannot be.

use std::path::Path;

use serde_json::{Value, json};
use tintype::domain::email::EmailAddress;
use tintype::domain::ids::{AccountId, LetterId};
use tintype::domain::letter::{Letter, Link, OutgoingLetter, Sender};
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::domain::{resend, ses};
use tintype::usecases::render_letter::render;

use crate::harness::NOON;
use crate::harness::blessed::compare_or_bless;

pub const ADDRESS: &str = "ada@example.org";

pub fn account() -> AccountId {
    AccountId::from_random([7; 15])
}

pub fn link(path: &str) -> Link {
    Link::try_from(format!("https://tintype.example/{path}")).expect("an address")
}

pub fn verify() -> Letter {
    Letter::VerifyEmail { link: link("verify?token=vrf_0123456789abcdef"), expires_at: NOON.plus_ms(DAY_MS) }
}

pub fn update() -> Letter {
    Letter::ProductUpdate {
        subject: "Collections are here".into(),
        paragraphs: vec![
            "Images can be put into collections now, with an order and a page of their own.".into(),
            "Nothing changes for those that you have.".into(),
        ],
        link: Some(link("news/collections")),
        unsubscribe_link: link("unsubscribe?token=uns_0123456789abcdef"),
    }
}

pub fn invitation(team_name: &str, inviter_name: &str) -> Letter {
    Letter::TeamInvitation {
        team_name: team_name.into(),
        inviter_name: inviter_name.into(),
        link: link("teams/invitation?token=inv_0123456789abcdef"),
        expires_at: NOON.plus_ms(7 * DAY_MS),
    }
}

/// One letter of each kind.
fn samples() -> Vec<Letter> {
    let expires_at = NOON.plus_ms(HOUR_MS);
    vec![
        verify(),
        Letter::AlreadyRegistered { sign_in_link: link("sign-in"), reset_link: link("reset") },
        Letter::ResetPassword { link: link("reset?token=rst_0123456789abcdef"), expires_at },
        Letter::PasswordChanged { changed_at: NOON, reset_link: link("reset") },
        Letter::EmailChangeRequested { link: link("verify?token=chg_0123456789abcdef"), expires_at },
        Letter::EmailChanged { changed_at: NOON, link: link("undo"), expires_at: NOON.plus_ms(DAY_MS) },
        invitation("Analytical Engine", "Ada Lovelace"),
        Letter::TeamMemberRemoved { team_name: "Analytical Engine".into(), removed_at: NOON },
        Letter::TeamReceived {
            team_name: "Analytical Engine".into(),
            former_name: "Ada Lovelace".into(),
            link: link("teams/0123456789abcdefghjkmnpq"),
        },
        Letter::TeamPassedOn {
            team_name: "Analytical Engine".into(),
            heir_name: "Charles Babbage".into(),
            passed_on_at: NOON,
            reset_link: link("reset"),
        },
        Letter::AccountDeletionRequested {
            undo_link: link("keep?token=und_0123456789abcdef"),
            erased_after: NOON.plus_ms(7 * DAY_MS),
            receipt_link: link("erasures/0123456789abcdefghjkmnpq"),
        },
        Letter::ExportReady { link: link("settings/export"), expires_at: NOON.plus_ms(7 * DAY_MS), team_name: None },
        Letter::ExportReady {
            link: link("teams/0123456789abcdefghjkmnpq/export"),
            expires_at: NOON.plus_ms(7 * DAY_MS),
            team_name: Some("Analytical Engine".into()),
        },
        Letter::PolicyChanged {
            changes: vec!["Letters are forgotten after a week instead of a day.".into()],
            effective: "1 January 2027".into(),
            link: link("privacy"),
            export_link: link("settings/export"),
        },
        Letter::PromisesBroken {
            findings: vec!["pictures-leave: 3 of 1000 are not so.".into()],
            link: link("promises"),
        },
        Letter::ReportsDue { count: 2, due_at: NOON, link: link("operate/authority") },
        Letter::AnomaliesSeen {
            findings: vec!["uploads-everywhere: 2000 since 24 November 2026, 12:00 UTC.".into()],
            link: link("statistics"),
        },
        Letter::SubjectRequestsDue {
            requests: vec!["Erasure (mail 17), due by 1 December 2026, 00:00 UTC".into()],
            link: link("operate/requests"),
        },
        Letter::NoticeReceived {
            missing: Vec::new(),
            due_at: Some(NOON),
            link: link("report/0123456789abcdefghjkmnpq?token=secret"),
        },
        Letter::NoticeReceived {
            missing: vec!["Your signature".into(), "Your telephone number".into()],
            due_at: None,
            link: link("report/0123456789abcdefghjkmnpq?token=secret"),
        },
        Letter::NoticeDecided {
            outcome: "The pictures are out of view".into(),
            reason: "it is the work of whoever reported it".into(),
            link: link("report/0123456789abcdefghjkmnpq?token=secret"),
        },
        Letter::CounterNoticeForwarded {
            picture: "https://tintype.example/0123456789abcdefghjkmnpq".into(),
            answer: vec![
                ("Name".into(), "Ada Lovelace".into()),
                ("Besides".into(), "See https://evil.example/win\nYou get money".into()),
            ],
            restored_after: NOON,
            link: link("report/0123456789abcdefghjkmnpq?token=secret"),
        },
        Letter::CounterNoticeReceived {
            restored_after: NOON,
            restored_before: NOON,
            link: link("0123456789abcdefghjkmnpq"),
        },
        Letter::CounterNoticeSettled { outcome: "the picture is back".into(), link: link("0123456789abcdefghjkmnpq") },
        Letter::NoticesDue {
            notices: vec!["Copyright (0123456789abcdefghjkmnpq), due by 1 December 2026, 00:00 UTC".into()],
            link: link("operate/notices"),
        },
        Letter::StatementOfReasons {
            reasons: vec![
                "It is about the picture 0123456789abcdefghjkmnpq, since 24 November 2026, 12:00 UTC: not shown."
                    .into(),
                "You can appeal until 27 May 2027, 12:00 UTC, at no cost.".into(),
            ],
            link: link("0123456789abcdefghjkmnpq/statement"),
        },
        Letter::AppealDecided {
            outcome: "The decision was wrong and is taken back. The picture is at its old address again.".into(),
            reason: "It is a statue.".into(),
            link: link("0123456789abcdefghjkmnpq/statement"),
        },
        Letter::AppealsDue {
            appeals: vec!["The appeal 0123456789abcdefghjkmnpq, due by 8 December 2026, 12:00 UTC".into()],
            link: link("operate/appeals"),
        },
        update(),
    ]
}

// What they say.

#[test]
fn letters_of_every_kind_read_as_recorded() {
    let record = |letter: &Letter| {
        let content = render(letter).expect("renders");
        json!({
            "kind": letter.kind(),
            "sender": letter.sender(),
            "subject": content.subject,
            "text": content.text.lines().collect::<Vec<_>>(),
            "html": content.html.lines().collect::<Vec<_>>(),
            "headers": letter.fields(),
        })
    };
    let recorded: Vec<Value> = samples().iter().map(record).collect();
    let text = serde_json::to_string_pretty(&recorded).expect("writes") + "\n";
    // The development page shows them from here.
    compare_or_bless(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/letters.json"), &text);
}

#[test]
fn a_letter_says_the_same_in_text_and_in_html_and_fetches_nothing() {
    for letter in samples() {
        let (kind, content) = (letter.kind(), render(&letter).expect("renders"));
        let facts = serde_json::to_value(&letter).expect("writes");
        for fact in facts.as_object().expect("facts").values().filter_map(Value::as_str) {
            if fact.starts_with("https:") || fact.contains(' ') {
                assert!(content.text.contains(fact) || content.subject == fact, "{kind}: {fact} in\n{}", content.text);
                assert!(content.html.contains(&fact.replace('&', "&amp;")), "{kind}: {fact} in\n{}", content.html);
            }
        }
        let lower = content.html.to_lowercase();
        for word in ["<img", "<script", "<link", "<iframe", "src=", "url(", "@import", "http:"] {
            assert!(!lower.contains(word), "{kind}: {word}");
        }
        let addresses = content.html.matches("https://").count();
        assert_eq!(addresses, content.html.matches("https://tintype.example/").count(), "{kind}: leads elsewhere");
        assert!(content.html.contains("name=\"color-scheme\" content=\"light dark\""), "{kind}");
        assert!(!content.text.contains("\n\n\n") && content.text.len() < 2_000, "{kind}:\n{}", content.text);
        assert!(!content.subject.is_empty() && !content.subject.contains('\n'), "{kind}");
    }
}

#[test]
fn names_of_others_are_text_and_one_line() {
    let evil = "<b>Ada</b>\"'&\r\nBcc: x\n\n<script>alert(1)</script>";
    let content = render(&invitation(evil, &"x".repeat(500))).expect("renders");
    assert!(!content.html.contains("<script") && !content.html.contains("<b>"), "{}", content.html);
    assert!(content.html.contains("&#60;b&#62;Ada&#60;/b&#62;"), "{}", content.html);
    assert!(content.text.contains("“<b>Ada</b>\"'& Bcc: x <script>alert(1)</script>”"), "{}", content.text);
    assert!(!content.html.contains(&"x".repeat(81)) && !content.text.contains(&"x".repeat(81)));
    assert!(!content.subject.contains("Ada"), "strangers do not write subjects");
    let content = render(&invitation("https://evil.example/", "www.evil.example")).expect("renders");
    for told in [&content.html, &content.text] {
        assert!(!told.contains("evil.example") && told.contains("www. evil. example"), "no links of theirs: {told}");
    }
    let Letter::ProductUpdate { paragraphs, link, unsubscribe_link, .. } = update() else { panic!("an update") };
    let subject = "<i>News</i>\r\nBcc: x@example.org".to_owned();
    let content = render(&Letter::ProductUpdate { subject, paragraphs, link, unsubscribe_link }).expect("renders");
    assert_eq!(content.subject, "<i>News</i> Bcc: x@example.org");
    assert!(!content.html.contains("<i>"), "{}", content.html);
}

#[test]
fn what_is_new_can_be_stopped_by_one_post() {
    let fields = update().fields();
    let unsubscribe = "<https://tintype.example/unsubscribe?token=uns_0123456789abcdef>";
    assert!(fields.contains(&("List-Unsubscribe", unsubscribe.into())), "{fields:?}");
    assert!(fields.contains(&("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into())), "{fields:?}");
    for letter in samples().iter().filter(|letter| letter.sender() == Sender::Transactional) {
        assert!(!letter.fields().iter().any(|(name, _)| name.starts_with("List-")), "{}", letter.kind());
    }
}

// What is asked of the services.

pub fn outgoing(letter: &Letter) -> OutgoingLetter {
    OutgoingLetter {
        account_id: account(),
        to: EmailAddress::parse(ADDRESS).expect("an address"),
        written_at: NOON,
        kind: letter.kind(),
        content: render(letter).expect("renders"),
        fields: letter.fields(),
    }
}

#[test]
fn a_question_to_ses_has_the_published_shape() {
    let key = LetterId::from_random([1; 15]);
    let asked: Value =
        serde_json::from_str(&ses::question("Tintype <mail@tintype.example>", &outgoing(&verify()), &key))
            .expect("JSON");
    assert_eq!(asked["FromEmailAddress"], "Tintype <mail@tintype.example>");
    assert_eq!(asked["Destination"], json!({ "ToAddresses": [ADDRESS] }));
    let simple = &asked["Content"]["Simple"];
    assert_eq!(simple["Subject"], json!({ "Data": "Confirm your email address", "Charset": "UTF-8" }));
    assert!(simple["Body"]["Text"]["Data"].as_str().is_some_and(|text| text.contains("vrf_")));
    assert!(simple["Body"]["Html"]["Data"].as_str().is_some_and(|html| html.starts_with("<!doctype html>")));
    assert_eq!(simple["Headers"], json!([{ "Name": "Auto-Submitted", "Value": "auto-generated" }]));
    assert_eq!(asked["EmailTags"][0], json!({ "Name": "letter", "Value": key.as_str() }));
}

#[test]
fn a_question_to_resend_has_the_published_shape() {
    let asked: Value =
        serde_json::from_str(&resend::question("news@tintype.example", &outgoing(&update()))).expect("JSON");
    let fields: Vec<&str> = asked.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(fields, ["from", "headers", "html", "subject", "text", "to"]);
    assert_eq!((&asked["from"], &asked["to"]), (&json!("news@tintype.example"), &json!([ADDRESS])));
    assert_eq!(asked["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    assert_eq!(
        resend::question("a@b.example", &outgoing(&update())),
        resend::question("a@b.example", &outgoing(&update())),
        "the same letter is the same question, as its key demands"
    );
}
