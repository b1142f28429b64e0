//! The classifier over whole files, natively, with the models as they are built (`cargo xtask model`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::json;
use tintype::classifier::{self, Classifier, ClassifierFault};
use tintype::domain::hex;
use tintype::domain::picture::{Look, Picture};
use tintype::domain::verdict::{Assessment, Region, Scores, UnscannedReason, Verdict};
use tintype::imaging;
use tintype::policy::limits::ANONYMOUS;
use tintype::policy::models::MODELS;
use tintype::policy::verdicts;

use crate::harness::image_files::{self as files, Jpeg, Png};

/// What two machines may differ by: the order of additions is each processor's own.
const TOLERANCE: f32 = 1e-3;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn file_of(id: &str) -> Vec<u8> {
    let path = root().join(format!("build/model/{id}.onnx"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask model` first", path.display()))
}

fn model(id: &str) -> Classifier {
    let file = file_of(id);
    let digest = hex::sha256(&file);
    Classifier::load(id, &file, &digest).expect("the model of this version")
}

/// The default model, loaded once for all tests.
fn default_model() -> &'static Classifier {
    static MODEL: OnceLock<Classifier> = OnceLock::new();
    MODEL.get_or_init(|| model(MODELS[0].id))
}

fn looks(file: &[u8]) -> Vec<Look> {
    imaging::examine(file, &ANONYMOUS).expect("an acceptable image").looks
}

fn assess(file: &[u8]) -> Assessment {
    classifier::assess(default_model(), &looks(file)).expect("an assessment")
}

fn five(scores: &Scores) -> [f32; 5] {
    [scores.drawing, scores.hentai, scores.neutral, scores.porn, scores.sexy]
}

/// Fixtures that are images, by name.
fn fixtures() -> BTreeMap<String, Vec<u8>> {
    let entries =
        fs::read_dir(root().join("tests/fixtures")).expect("fixtures").map(|entry| entry.expect("one").path());
    let images =
        entries.filter(|path| path.extension().is_some_and(|e| ["png", "jpg", "gif", "webp"].iter().any(|k| e == *k)));
    let name = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    images.map(|path| (name(&path), fs::read(&path).expect("readable"))).collect()
}

#[test]
fn scores_of_the_fixtures_are_what_they_were() {
    let golden = root().join("tests/golden/scores.json");
    let mut found = BTreeMap::new();
    for (name, file) in fixtures() {
        let Assessment::Scored { frames, .. } = assess(&file) else { panic!("{name}: no scores") };
        let frames: Vec<_> =
            frames.iter().map(|f| json!({ "frame": f.frame, "region": f.region, "scores": five(&f.scores) })).collect();
        found.insert(name, frames);
    }
    let found = json!({ "model": MODELS[0].id, "sha256": MODELS[0].sha256, "files": found });
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(golden.parent().expect("a folder")).expect("made");
        fs::write(&golden, serde_json::to_string_pretty(&found).expect("JSON") + "\n").expect("written");
        return;
    }
    let text = fs::read_to_string(&golden).expect("tests/golden/scores.json; BLESS=1 writes it");
    compare("", &serde_json::from_str(&text).expect("JSON"), &found);
}

/// Equal, numbers within the tolerance.
fn compare(path: &str, golden: &serde_json::Value, found: &serde_json::Value) {
    use serde_json::Value::{Array, Number, Object};
    match (golden, found) {
        (Number(golden), Number(found)) => {
            let (golden, found) = (golden.as_f64().expect("a float"), found.as_f64().expect("a float"));
            assert!((golden - found).abs() <= f64::from(TOLERANCE), "{path}: {golden} became {found}");
        }
        (Array(golden), Array(found)) => {
            assert_eq!(golden.len(), found.len(), "{path}");
            golden.iter().zip(found).enumerate().for_each(|(at, (g, f))| compare(&format!("{path}/{at}"), g, f));
        }
        (Object(golden), Object(found)) => {
            assert_eq!(golden.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "{path}");
            golden.iter().for_each(|(key, g)| compare(&format!("{path}/{key}"), g, &found[key]));
        }
        _ => assert_eq!(golden, found, "{path}"),
    }
}

#[test]
fn the_same_picture_in_another_format_gets_nearly_the_same_scores() {
    let pixels: Vec<[u8; 3]> = (0..300 * 200_u32)
        .map(|at| {
            let (x, y) = (at % 300, at / 300);
            if (x as i32 - 150).pow(2) + (y as i32 - 100).pow(2) < 3_600 {
                [240, 200, 60]
            } else {
                [40, 90, (y + 40) as u8]
            }
        })
        .collect();
    let scores = |file: &[u8]| match assess(file) {
        Assessment::Scored { frames, .. } => frames[0].scores,
        other => panic!("{other:?}"),
    };
    let [full, half] = [Jpeg::Full, Jpeg::Progressive].map(|kind| scores(&files::jpeg_of(&pixels, 300, 200, kind)));
    assert!((full.sexual() - half.sexual()).abs() < 0.05, "{full:?} {half:?}");
}

#[test]
fn only_the_file_of_this_version_is_loaded() {
    let file = file_of(MODELS[0].id);
    let digest = hex::sha256(&file);
    let mut other = file.clone();
    other[1_000_000] ^= 1;
    let other_digest = hex::sha256(&other);
    for (id, file, digest) in [
        ("inception_v3", file.clone(), digest.clone()),
        ("", file.clone(), digest.clone()),
        (MODELS[1].id, file.clone(), digest.clone()),
        (MODELS[0].id, other, other_digest),
    ] {
        let refused = Classifier::load(id, &file, &digest).err().expect("refused");
        assert!(matches!(refused, ClassifierFault::WrongModel(_)), "{id}: {refused}");
        assert_eq!(refused.reason(), UnscannedReason::ModelUnavailable);
    }
}

#[test]
fn a_file_that_is_no_model_is_refused_without_harm() {
    // The digest is the caller's word: were it wrong, the bytes must still do no harm.
    for file in [vec![], vec![0; 100], vec![0xff; 100], file_of(MODELS[0].id)[..500_000].to_vec()] {
        let refused = Classifier::load(MODELS[0].id, &file, MODELS[0].sha256).err().expect("refused");
        assert!(matches!(refused, ClassifierFault::Load(_)), "{refused}");
    }
}

#[test]
fn an_animation_is_judged_by_several_frames_and_a_still_by_one() {
    let judged = |file: &[u8]| {
        let mut frames: Vec<u32> = looks(file).iter().map(|look| look.frame).collect();
        frames.dedup();
        frames
    };
    assert_eq!(judged(&files::png(90, 60, Png::Rgb)), [0]);
    assert_eq!(judged(&files::gif(90, 60, 3, false)), [0, 1, 2]);
    assert_eq!(judged(&files::png(90, 60, Png::Animated(30))), [0, 4, 8, 12, 16, 20, 24, 29]);
    assert_eq!(judged(&files::animated_webp(64, 40, 9)), [0, 1, 2, 3, 4, 5, 6, 8]);
}

#[test]
fn what_the_whole_would_hide_is_looked_at_by_itself() {
    let parts = |file: &[u8]| match assess(file) {
        Assessment::Scored { frames, .. } => frames.iter().map(|scored| scored.region).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let part = |left, top, right, bottom| Some(Region { left, top, right, bottom });
    assert_eq!(parts(&files::png(90, 60, Png::Rgb)), [None]);
    let pieces = [part(0, 0, 1_000, 333), part(0, 333, 1_000, 666), part(0, 666, 1_000, 1_000)];
    assert_eq!(parts(&files::png(60, 180, Png::Rgb)), [[None].as_slice(), &pieces].concat());
    // Noise in the middle ninth of a white page.
    let noise = |at: u32| [(at * 97 % 251) as u8, (at * 31 % 241) as u8, (at * 57 % 239) as u8];
    let inside = |at: u32| (96..192).contains(&(at % 288)) && (96..192).contains(&(at / 288));
    let pixels: Vec<[u8; 3]> = (0..288 * 288).map(|at| if inside(at) { noise(at) } else { [255; 3] }).collect();
    let padded = parts(&files::jpeg_of(&pixels, 288, 288, Jpeg::Full));
    let [None, Some(content)] = padded.as_slice() else { panic!("{padded:?}") };
    assert!((0.1..0.14).contains(&content.area()), "{content:?}");
}

#[test]
fn the_looks_at_one_image_are_limited() {
    let Assessment::Scored { frames, .. } = assess(&files::gif(30, 90, 9, false)) else { panic!() };
    assert_eq!(frames.len(), verdicts::LOOKS_JUDGED_MAX);
    let whole = frames.iter().filter(|scored| scored.region.is_none()).count();
    assert_eq!(whole, verdicts::FRAMES_JUDGED_MAX as usize, "every frame is seen before any part");
}

#[test]
fn an_assessment_says_which_model_made_it() {
    let Assessment::Scored { frames, model_id, model_sha256 } = assess(&files::png(40, 30, Png::Rgb)) else { panic!() };
    assert_eq!((model_id.as_str(), model_sha256.as_str()), (MODELS[0].id, MODELS[0].sha256));
    assert_eq!(frames.len(), 1);
    assert!((five(&frames[0].scores).iter().sum::<f32>() - 1.0).abs() < 1e-3);
}

#[test]
fn nothing_to_look_at_is_not_harmless() {
    assert!(matches!(classifier::assess(default_model(), &[]), Err(ClassifierFault::Run(_))));
    for (width, height, pixels) in [(300, 300, 1), (0, 0, 0), (2, 2, 5)] {
        let picture = Picture { width, height, pixels: vec![[0; 3]; pixels] };
        assert!(matches!(default_model().classify(&picture), Err(ClassifierFault::Run(_))), "{width} x {height}");
    }
}

#[test]
fn what_shows_nothing_is_never_refused() {
    let plain = |colour: [u8; 3]| files::jpeg_of(&[colour; 64 * 64], 64, 64, Jpeg::Full);
    let mut shown = vec![
        ("noise", files::png(640, 480, Png::Rgb)),
        ("noise with alpha", files::png(320, 200, Png::Rgba)),
        ("palette", files::png(300, 300, Png::Palette)),
        ("grey", files::png(100, 700, Png::Grey16)),
    ];
    for (name, colour) in [("white", [255; 3]), ("black", [0; 3]), ("skin", [224, 172, 105]), ("pink", [255, 192, 203])]
    {
        shown.push((name, plain(colour)));
    }
    for (name, file) in shown {
        let assessment = assess(&file);
        let verdict = verdicts::verdict(&assessment);
        assert!(verdict.is_some_and(|verdict| verdict != Verdict::Prohibited), "{name}: {assessment:?}");
    }
}

/// Not a test: writes what the model is given and what it says, for `benches/parity/compare.mjs`. Every image below
/// `LOOKS_FROM` is examined; `LOOKS_TO` is the folder to write to.
#[test]
#[ignore = "a tool; set LOOKS_FROM and LOOKS_TO"]
fn write_what_the_model_sees() {
    let [from, to] = ["LOOKS_FROM", "LOOKS_TO"].map(|name| PathBuf::from(std::env::var(name).expect(name)));
    fs::create_dir_all(&to).expect("made");
    let models: Vec<Classifier> = MODELS.iter().map(|known| model(known.id)).collect();
    let mut written = Vec::new();
    let mut folders = vec![from.clone()];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder).expect("a folder").map(|e| e.expect("one").path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&from).expect("below").to_string_lossy().into_owned();
            let examined = fs::read(&path).ok().map(|file| imaging::examine(&file, &ANONYMOUS));
            let Some(Ok(examination)) = examined else {
                println!("left out: {name}");
                continue;
            };
            for (at, view) in classifier::views(&examination.looks).enumerate() {
                let pixels = format!("{}.rgb", written.len());
                fs::write(to.join(&pixels), view.picture.pixels.as_flattened()).expect("written");
                let scores: BTreeMap<&str, [f32; 5]> = models
                    .iter()
                    .map(|model| (model.model().id, five(&model.classify(&view.picture).expect("scores"))))
                    .collect();
                // What the reference decodes by itself is one picture, on white.
                let whole = (at == 0).then(|| path.to_string_lossy().into_owned());
                written.push(json!({
                    "name": name, "frame": view.frame, "region": view.region, "pixels": pixels, "whole": whole,
                    "width": view.picture.width, "height": view.picture.height, "scores": scores,
                }));
            }
        }
    }
    fs::write(to.join("ours.json"), serde_json::to_string(&written).expect("JSON")).expect("written");
    println!("{} looks", written.len());
}
