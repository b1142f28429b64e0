//! Any accepted image, any transform: nothing panics, the sides are those that were promised, the memory is bounded, and
//! the same is made twice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use proptest::prelude::*;
use tintype::domain::format::Format;
use tintype::domain::transform::{Adjust, Colour, Flip, Gravity, Layout, Rotate, Sizing, Transform, has_quality};
use tintype::imaging;
use tintype::policy::limits::{ANONYMOUS, ImageLimits};
use tintype::policy::transforms::BOUNDS;

use crate::harness::image_files::{self as files, Jpeg, Png};
use crate::harness::memory::peak_bytes;
use crate::harness::small_ports::SeededRng;
use crate::imaging_fuzz::{LIMITS, Repair, mutated, repair_png, repair_webp};
use crate::transforms::every_kind;

fn sizing() -> impl Strategy<Value = Sizing> {
    let side = || prop_oneof![4 => 1_u32..300, 1 => Just(1), 1 => 300_u32..900];
    let gravity = (0..Gravity::ALL.len()).prop_map(|at| Gravity::ALL[at].1);
    prop_oneof![
        Just(Sizing::Original),
        side().prop_map(|side| Sizing::Short { side }),
        (proptest::option::of(side()), side(), any::<bool>()).prop_map(|(width, height, enlarge)| Sizing::Within {
            width,
            height: Some(height),
            enlarge
        }),
        (side(), side(), gravity.clone()).prop_map(|(width, height, gravity)| Sizing::Cover { width, height, gravity }),
        (side(), side(), gravity).prop_map(|(width, height, gravity)| Sizing::Pad { width, height, gravity }),
    ]
}

fn adjust() -> impl Strategy<Value = Adjust> {
    let factor = || prop_oneof![3 => Just(100_u32), 1 => 0_u32..1_000];
    (factor(), factor(), factor(), factor(), any::<bool>()).prop_map(
        |(brightness, contrast, gamma, saturation, grayscale)| Adjust {
            brightness,
            contrast,
            gamma,
            saturation,
            grayscale,
        },
    )
}

fn transform() -> impl Strategy<Value = Transform> {
    let flip = (any::<bool>(), any::<bool>()).prop_map(|(horizontal, vertical)| Flip { horizontal, vertical });
    let rotate = (0..4_usize).prop_map(|at| [Rotate::None, Rotate::Quarter, Rotate::Half, Rotate::ThreeQuarters][at]);
    let few = |most: u32| prop_oneof![3 => Just(0), 1 => 1..=most];
    let background = proptest::option::of(any::<[u8; 4]>().prop_map(|rgba| Colour { rgba }));
    let format = (0..Format::ALL.len()).prop_map(|at| Format::ALL[at]);
    (flip, rotate, sizing(), adjust(), few(10_000), few(1_000), background, (format, 1_u8..=100, any::<bool>()))
        .prop_map(|(flip, rotate, sizing, adjust, blur, sharpen, background, (format, quality, still))| Transform {
            flip,
            rotate,
            sizing,
            adjust,
            blur,
            sharpen,
            background,
            format,
            quality: if has_quality(format) { quality } else { 0 },
            still,
        })
}

static FILES: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(|| {
    let mut all = every_kind(76, 52);
    all.extend(every_kind(16, 116));
    all.push(("with a profile", files::with_private_metadata(&files::jpeg(50, 40, Jpeg::Full), 7)));
    all.push(("with a profile", files::with_private_metadata(&files::png(50, 40, Png::Rgba), 5)));
    all
});

/// What a transform of a small image takes before there is any canvas: tables, and what encoders begin with.
const SMALL_BYTES: usize = 8 << 20;
/// The most that a pixel of the canvas takes: as GIF, for its colours, its frame, its indices, and the search for a palette.
const PIXEL_BYTES: usize = 20;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_transform_of_any_image_has_its_sides_and_is_made_the_same_twice(
        transform in transform(),
        at in 0..36_usize,
    ) {
        let (name, file) = &FILES[at % FILES.len()];
        let facts = imaging::examine(file, &ANONYMOUS).expect("an image").facts;
        let sides = [facts.width, facts.height];
        let [width, height] = if transform.rotate.turns_sides() { [sides[1], sides[0]] } else { sides };
        let layout = Layout::of(&transform, width, height, None, &BOUNDS);
        let (made, peak) = peak_bytes(|| imaging::transform(file, &transform, &ANONYMOUS));
        let (made, bytes) = made.unwrap_or_else(|rejection| panic!("{name} {transform}: {rejection:?}"));
        // What would take too much memory is made smaller, and that is said.
        let is_smaller = made.width < layout.canvas[0] && made.height < layout.canvas[1] && !made.notes.is_empty();
        prop_assert!(is_smaller || [made.width, made.height] == layout.canvas, "{} {}", name, transform);
        prop_assert_eq!(made.bytes, bytes.len() as u64);
        let pixels = layout.canvas[0] as usize * layout.canvas[1] as usize;
        prop_assert!(peak < SMALL_BYTES + PIXEL_BYTES * pixels, "{} {}: {}", name, transform, peak);
        let (_, again) = imaging::transform(file, &transform, &ANONYMOUS).expect("once more");
        prop_assert!(bytes == again, "{} {} differs", name, transform);
        // What we make is what we would take.
        let seen = imaging::examine(&bytes, &ANONYMOUS).expect("our own file").facts;
        prop_assert_eq!((seen.format, seen.width, seen.height), (made.format, made.width, made.height));
    }
}

#[test]
fn broken_files_make_no_transform_panic_and_take_no_more_memory() {
    let nothing: Repair = |_| ();
    let groups: [(Vec<Vec<u8>>, Repair); 4] = [
        (files::committed("jpg").into_iter().chain([files::jpeg(37, 29, Jpeg::Progressive)]).collect(), nothing),
        (files::committed("png").into_iter().chain([files::interlaced_png(21, 13)]).collect(), repair_png),
        (vec![files::gif(21, 13, 4, false), files::gif(30, 30, 2, true)], nothing),
        (files::committed("webp").into_iter().chain([files::animated_webp(24, 12, 3)]).collect(), repair_webp),
    ];
    let mut made = 0;
    let count = std::env::var("FUZZ_FILES").map_or(500, |count| count.parse().expect("a number"));
    for (group, (bases, repair)) in groups.iter().enumerate() {
        for number in 0..count {
            let seed = (7 + group as u64) << 32 | number;
            let rng = SeededRng::new(seed);
            let file = mutated(&rng, bases, *repair);
            let side = 1 + rng.below(200) as u32;
            let sizing = match rng.below(4) {
                0 => Sizing::Original,
                1 => Sizing::Short { side },
                2 => Sizing::Cover { width: side, height: 50, gravity: Gravity::Auto },
                _ => Sizing::Pad { width: side, height: 90, gravity: Gravity::South },
            };
            let format = Format::ALL[rng.below(4) as usize];
            let transform = Transform { sizing, quality: 80, ..Transform::identity(format) };
            let work = || peak_bytes(|| imaging::transform(&file, &transform, &LIMITS));
            let Ok((outcome, peak)) = catch_unwind(AssertUnwindSafe(work)) else { panic!("seed {seed} panicked") };
            assert!(peak < LIMITS.memory_bytes_max as usize + (4 << 20), "seed {seed}: {peak} bytes");
            made += u64::from(outcome.is_ok());
        }
    }
    assert!(made > count / 5, "only {made} were made: the mutations stop at the door");
}

/// What a decoder takes that its computation leaves out, natively: threads and their queues.
const SLACK_BYTES: u64 = 2 << 20;

#[test]
fn what_is_accepted_can_be_made_as_large_as_anything_may_be_in_the_memory_there_is() {
    let limits = |memory_bytes_max| ImageLimits { memory_bytes_max, ..ANONYMOUS };
    let largest = Sizing::Within { width: Some(4_096), height: Some(4_096), enlarge: true };
    for (name, file, memory_bytes) in [
        ("PNG", files::png(3_000, 2_000, Png::Rgba), 14_u64 << 20),
        ("interlaced PNG", files::interlaced_png(1_500, 1_000), 14 << 20),
        ("GIF", files::gif(2_000, 1_500, 1, false), 14 << 20),
        ("interlaced GIF", files::gif(2_000, 1_500, 1, true), 14 << 20),
        ("animated GIF", files::gif(900, 700, 3, false), 14 << 20),
        ("baseline JPEG", files::jpeg(128, 9_000, Jpeg::Baseline), 12 << 20),
        ("progressive JPEG", files::jpeg(128, 9_000, Jpeg::Progressive), 14 << 20),
        ("lossless WebP", files::webp(1_000, 900, true), 14 << 20),
    ] {
        let limits = limits(memory_bytes);
        assert!(imaging::examine(&file, &limits).is_ok(), "{name} is not accepted");
        for format in Format::ALL {
            for sizing in [Sizing::Original, largest, Sizing::Short { side: 64 }] {
                let transform = Transform { sizing, quality: 80, ..Transform::identity(format) };
                let (made, peak) = peak_bytes(|| imaging::transform(&file, &transform, &limits));
                let made = match made {
                    Ok((facts, _)) => facts,
                    Err(rejection) => panic!("{name} {transform}: {rejection:?}"),
                };
                let left = memory_bytes - file.len() as u64 + SLACK_BYTES;
                assert!(
                    peak as u64 <= left,
                    "{name} {transform}: {peak} bytes of {left} ({} px)",
                    made.width * made.height
                );
            }
        }
    }
}

/// The last codes of this file are read from its last block together, and some are decoded where nothing is read any more.
#[test]
fn a_gif_whose_last_codes_wait_in_the_decoder_is_whole() {
    let sizing = Sizing::Pad { width: 125, height: 248, gravity: Gravity::North };
    let transform = Transform { rotate: Rotate::Quarter, sizing, ..Transform::identity(Format::Gif) };
    let (_, bytes) = imaging::transform(&FILES[0].1, &transform, &ANONYMOUS).expect("made");
    let examined = imaging::examine(&bytes, &ANONYMOUS).expect("a whole file");
    assert_eq!((examined.facts.width, examined.facts.height), (125, 248));
}
