//! Runs the transcripts of tests/scenarios/ natively. The format is described there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use tintype::domain::letter::OutgoingLetter;

use crate::harness::client::{Answer, Call};
use crate::harness::people::{Browser, Person};
use crate::harness::{APP, IMAGES, World};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder("fixtures").join(name)).unwrap_or_else(|error| panic!("fixture {name}: {error}"))
}

/// A request being read.
#[derive(Default)]
struct Draft {
    start: Option<(String, String)>,
    fields: Vec<(String, String)>,
    body: Option<(String, Vec<u8>)>,
    form: Vec<(String, String)>,
    parts: Vec<(String, String, Vec<u8>)>,
    /// Who sends it; none: anybody.
    sender: Option<Browser>,
}

impl Draft {
    async fn send(mut self, world: &World) -> Answer {
        let (method, url) = self.start.expect("a request before an answer");
        let mut call = Call::new(&method, &url);
        for (name, value) in &self.fields {
            call = call.header(name, value);
        }
        if let Some(browser) = self.sender {
            call = browser.send(call);
            if method == "POST" && self.body.is_none() {
                self.form.push(("form_token".to_owned(), browser.form_token));
            }
        }
        if let Some((media_type, bytes)) = self.body {
            call = call.body(&media_type, bytes);
        } else if !self.form.is_empty() || !self.parts.is_empty() {
            let form: Vec<_> = self.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let parts: Vec<_> = self
                .parts
                .iter()
                .map(|(field, name, bytes)| (field.as_str(), name.as_str(), bytes.as_slice()))
                .collect();
            call = call.form(&form, &parts);
        }
        call.send(world).await
    }
}

struct Runner {
    world: World,
    variables: BTreeMap<String, String>,
    people: BTreeMap<String, Browser>,
    draft: Draft,
    answer: Option<Answer>,
}

/// Splits at the first of ` = `, ` ~ ` or an ending ` -`.
fn relation(text: &str) -> (&str, char, &str) {
    if let Some(name) = text.strip_suffix(" -") {
        return (name, '-', "");
    }
    let at = |sign: &'static str| text.find(sign).map(|at| (at, sign));
    let (at, sign) =
        [at(" = "), at(" ~ ")].into_iter().flatten().min().unwrap_or_else(|| panic!("no relation: {text}"));
    (&text[..at], sign.trim().chars().next().expect("a sign"), &text[at + 3..])
}

impl Runner {
    fn new() -> Self {
        let variables = [("app", APP), ("images", IMAGES)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            world: World::new(),
            variables: variables.into(),
            people: BTreeMap::new(),
            draft: Draft::default(),
            answer: None,
        }
    }

    async fn line(&mut self, line: &str) {
        let mut text = line.trim().to_owned();
        for (name, value) in &self.variables {
            text = text.replace(&format!("{{{{{name}}}}}"), value);
        }
        assert!(text.starts_with('#') || !text.contains("{{"), "an unknown variable");
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        match word {
            "" | "@needs" => {}
            _ if word.starts_with('#') => {}
            "@advance" => {
                let digits = rest.trim_end_matches(|c: char| c.is_ascii_alphabetic());
                let unit_ms = match &rest[digits.len()..] {
                    "ms" => 1,
                    "s" => 1_000,
                    "m" => 60_000,
                    "h" => 3_600_000,
                    "d" => 86_400_000,
                    other => panic!("no such unit: {other}"),
                };
                self.world.advance_ms(digits.parse::<i64>().expect("a number") * unit_ms);
            }
            "@until" => {
                let at: jiff::Timestamp = rest.parse().expect("a time (RFC 3339)");
                let ahead_ms = at.as_millisecond() - self.world.clock_now().0;
                assert!(ahead_ms >= 0, "it is past");
                self.world.advance_ms(ahead_ms);
            }
            "@member" => {
                let browser = self.world.member(rest).await.1;
                self.people.insert(rest.to_owned(), browser);
            }
            "@operator" => {
                let browser = self.world.operator(rest).await;
                self.people.insert(rest.to_owned(), browser);
            }
            "@sign-in" => {
                let browser = self.world.sign_in(&Person::named(rest)).await;
                self.people.insert(rest.to_owned(), browser);
            }
            "@letter" => {
                let (to, subject) = rest.split_once(' ').expect("an address and a subject");
                self.world.deliver_messages().await;
                let taken = self.world.mail.taken();
                let is_it = |letter: &OutgoingLetter| letter.to.as_str() == to && letter.content.subject == subject;
                let of = |letter: &OutgoingLetter| format!("{}: {}", letter.to.as_str(), letter.content.subject);
                let all: Vec<String> = taken.iter().map(|taken| of(&taken.letter)).collect();
                assert!(taken.iter().any(|taken| is_it(&taken.letter)), "{all:?}");
            }
            "@job" => self.world.run_job(rest).await.expect("the job succeeds"),
            ">as" => {
                let browser = self.people.get(rest).unwrap_or_else(|| panic!("nobody is called {rest}"));
                self.draft.sender = Some(browser.clone());
            }
            ">" | ">file" | ">text" | ">field" | ">part" => self.request_line(word, rest),
            "<" if rest.bytes().all(|byte| byte.is_ascii_digit()) => {
                let answer = std::mem::take(&mut self.draft).send(&self.world).await;
                assert_eq!(answer.status.as_str(), rest, "{}", answer.text());
                self.answer = Some(answer);
            }
            _ => self.expectation(word, rest),
        }
    }

    fn request_line(&mut self, word: &str, rest: &str) {
        let draft = &mut self.draft;
        match word {
            ">" if draft.start.is_none() => {
                draft.start = rest.split_once(' ').map(|(method, url)| (method.to_owned(), url.to_owned()));
            }
            ">" => draft.fields.extend(rest.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()))),
            ">field" => {
                draft.form.extend(rest.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
            }
            ">part" => {
                let words: Vec<&str> = rest.split(' ').collect();
                draft.parts.push((words[0].to_owned(), words[1].to_owned(), fixture(words[2])));
            }
            _ => {
                let (first, second) = rest.split_once(' ').expect("two words");
                draft.body = Some(match word {
                    ">file" => (second.to_owned(), fixture(first)),
                    _ => (first.to_owned(), second.as_bytes().to_vec()),
                });
            }
        }
    }

    fn expectation(&mut self, word: &str, rest: &str) {
        let answer = self.answer.as_ref().expect("an answer before what is expected of it");
        let json = answer.json();
        match word {
            "<json" => {
                let (pointer, sign, expected) = relation(rest);
                let found = json.pointer(pointer).unwrap_or(&Value::Null);
                match sign {
                    '=' => {
                        let expected: Value = serde_json::from_str(expected).expect("JSON");
                        assert_eq!(found, &expected, "{}", answer.text());
                    }
                    '~' => assert!(found.as_str().is_some_and(|text| text.contains(expected)), "{found}"),
                    _ => assert!(found.is_null(), "{found}"),
                }
            }
            "<text" => assert!(answer.text().contains(relation(&format!("text {rest}")).2), "{}", answer.text()),
            "<bytes" => assert_eq!(answer.body, fixture(rest)),
            "<length" => assert_eq!(answer.body.len().to_string(), rest),
            "<let" => {
                let (name, _, source) = relation(rest);
                let value = match source.split_once(' ').expect("a source") {
                    ("json", pointer) => answer.field(pointer),
                    ("header", field) => answer.header(field).to_owned(),
                    ("link", start) => {
                        let text = answer.text();
                        let rest = text.split_once(&format!("href=\"{start}")).map(|(_, rest)| rest.to_owned());
                        rest.and_then(|rest| rest.split_once('"').map(|(value, _)| value.to_owned()))
                            .unwrap_or_default()
                    }
                    (other, _) => panic!("no such source: {other}"),
                };
                assert!(!value.is_empty(), "nothing to keep");
                self.variables.insert(name.to_owned(), value);
            }
            "<" => match rest.split_once(": ") {
                Some((name, expected)) if !name.contains(' ') => assert_eq!(answer.header(name), expected),
                _ => match relation(rest) {
                    (name, '~', expected) => assert!(answer.header(name).contains(expected), "{}", answer.header(name)),
                    (name, '-', _) => assert!(!answer.headers.contains_key(name), "{}", answer.header(name)),
                    other => panic!("not understood: {other:?}"),
                },
            },
            other => panic!("no such word: {other}"),
        }
    }
}

#[tokio::test]
async fn every_transcript_happens_as_written() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder("scenarios"))
        .expect("tests/scenarios/ is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "http"))
        .collect();
    files.sort();
    assert!(files.len() >= 6);
    for file in files {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let mut runner = Runner::new();
        let text = std::fs::read_to_string(&file).expect("readable");
        let needs_clock = text.starts_with("@needs clock");
        let moves_clock = ["\n@advance", "\n@until"].iter().any(|word| text.contains(word));
        assert_eq!(needs_clock, moves_clock, "{name}: @needs clock");
        for (number, line) in text.lines().enumerate() {
            let step = std::panic::AssertUnwindSafe(runner.line(line));
            if let Err(panic) = futures::FutureExt::catch_unwind(step).await {
                eprintln!("{name}:{}: {line}", number + 1);
                std::panic::resume_unwind(panic);
            }
        }
    }
}
