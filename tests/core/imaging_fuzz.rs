//! Broken files by the ten thousand: nothing may panic, memory stays bounded, and what is accepted is accepted
//! again after stripping, the same and unchanged. Seeds are fixed; a failure prints its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tintype::imaging;
use tintype::policy::limits::{ANONYMOUS, ImageLimits};

use crate::harness::image_files::{self as files, Jpeg, Png};
use crate::harness::memory::peak_bytes;
use crate::harness::small_ports::SeededRng;

/// For longer hunts set FUZZ_FILES; the first ones are always the same.
const FILES_PER_FORMAT: u64 = 20_000;

/// Tighter than the product's, so that broken headers cannot ask for seconds of work, and so that an allocation
/// that the gate did not foresee shows.
pub const LIMITS: ImageLimits = ImageLimits {
    side_px_max: 4_096,
    pixels_max: 200_000,
    animation_pixels_max: 400_000,
    frames_max: 50,
    scan_pixels_max: 2_000_000,
    memory_bytes_max: 16 << 20,
    ..ANONYMOUS
};

/// What the gate's computation leaves out: renditions, tables of decoders, lists.
const SLACK_BYTES: usize = 4 << 20;

/// Puts sizes or checksums right, so that a mutation is not stopped at the door.
pub type Repair = fn(&mut [u8]);

fn fuzz(seed: u64, bases: &[Vec<u8>], repair: Repair) {
    for base in bases {
        check(base).unwrap_or_else(|problem| panic!("unbroken file: {problem}"));
        assert!(imaging::examine(base, &LIMITS).is_ok(), "{:?}", imaging::examine(base, &LIMITS).err());
    }
    let mut accepted = 0;
    let count = std::env::var("FUZZ_FILES").map_or(FILES_PER_FORMAT, |count| count.parse().expect("a number"));
    for number in 0..count {
        let rng = SeededRng::new(seed + number);
        let file = mutated(&rng, bases, repair);
        match catch_unwind(AssertUnwindSafe(|| check(&file))) {
            Ok(Ok(true)) => accepted += 1,
            Ok(Ok(false)) => {}
            Ok(Err(problem)) => panic!("seed {}: {problem}", seed + number),
            Err(_) => panic!("seed {}: it panicked", seed + number),
        }
    }
    println!("{accepted} of {count} were accepted");
    // Else the mutations stop at the door and prove nothing.
    assert!(accepted > count / 50, "only {accepted} were accepted");
}

/// Examines a file; if it is accepted, examines what is left of it.
fn check(file: &[u8]) -> Result<bool, String> {
    let (outcome, peak) = peak_bytes(|| imaging::examine(file, &LIMITS));
    let bound = LIMITS.memory_bytes_max as usize + SLACK_BYTES;
    if peak > bound {
        return Err(format!("{peak} bytes of memory ({outcome:?})"));
    }
    let Ok(first) = outcome else { return Ok(false) };
    let kept = first.stripped.to_vec(file);
    if kept.len() as u64 != first.facts.bytes || kept.len() != first.stripped.len() {
        return Err("the length is wrong".into());
    }
    if first.stripped.clone().in_place(file.to_vec()) != kept {
        return Err("stripping in place differs".into());
    }
    let second = imaging::examine(&kept, &LIMITS).map_err(|refusal| format!("refused when stripped: {refusal:?}"))?;
    if second.stripped.to_vec(&kept) != kept {
        return Err("stripping twice strips more".into());
    }
    if second.facts != first.facts {
        return Err(format!("{:?} became {:?}", first.facts, second.facts));
    }
    Ok(true)
}

pub fn mutated(rng: &SeededRng, bases: &[Vec<u8>], repair: Repair) -> Vec<u8> {
    let pick = |length: usize| rng.below(length.max(1) as u64) as usize;
    let mut file = bases[pick(bases.len())].clone();
    for _ in 0..=rng.below(4) {
        let at = pick(file.len());
        let length = (1 + pick(24)).min(file.len() - at);
        match rng.below(9) {
            0 | 1 if !file.is_empty() => file[at] ^= 1 << rng.below(8),
            2 if !file.is_empty() => file[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][pick(6)],
            3 => file[at..at + length].iter_mut().for_each(|byte| *byte = rng.next() as u8),
            4 => file.truncate(at),
            5 => drop(file.drain(at..at + length)),
            6 => {
                let copy = file[at..at + length].to_vec();
                let to = pick(file.len());
                file.splice(to..to, copy);
            }
            7 => {
                let other = &bases[pick(bases.len())];
                let from = pick(other.len());
                let copy = other[from..(from + 1 + pick(200)).min(other.len())].to_vec();
                file.splice(at..at + length, copy);
            }
            // Numbers in headers, in both byte orders.
            8 if at + 4 <= file.len() => {
                let number = [0, 1, 2, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, file.len() as u32][pick(8)];
                let bytes = if rng.below(2) == 0 { number.to_be_bytes() } else { number.to_le_bytes() };
                file[at..at + 4].copy_from_slice(&bytes);
            }
            _ => {}
        }
    }
    if rng.below(4) > 0 {
        repair(&mut file);
    }
    file
}

#[test]
fn fuzz_jpeg() {
    let kinds =
        [Jpeg::Baseline, Jpeg::Full, Jpeg::Grey, Jpeg::Progressive, Jpeg::ProgressiveFull, Jpeg::Restarts, Jpeg::Cmyk];
    let mut bases: Vec<_> = kinds.iter().map(|kind| files::jpeg(37, 29, *kind)).collect();
    bases.extend(kinds.iter().map(|kind| files::with_private_metadata(&files::jpeg(24, 40, *kind), 6)));
    fuzz(1 << 32, &bases, |_| ());
}

#[test]
fn fuzz_png() {
    let kinds = [Png::Rgb, Png::Rgba, Png::Grey16, Png::Palette, Png::Animated(3)];
    let mut bases: Vec<_> = kinds.iter().map(|kind| files::png(21, 13, *kind)).collect();
    bases.push(files::interlaced_png(21, 13));
    bases.extend(kinds.iter().map(|kind| files::with_private_metadata(&files::png(16, 9, *kind), 6)));
    fuzz(2 << 32, &bases, repair_png);
}

#[test]
fn fuzz_gif() {
    let mut bases = vec![files::gif(21, 13, 1, false), files::gif(21, 13, 4, false), files::gif(30, 30, 2, true)];
    bases.extend(bases.clone().iter().map(|base| files::with_private_metadata(base, 1)));
    fuzz(3 << 32, &bases, |_| ());
}

#[test]
fn fuzz_webp() {
    let mut bases = vec![files::webp(21, 13, false), files::webp(21, 13, true), files::animated_webp(24, 12, 3)];
    bases.extend(files::committed("webp"));
    bases.extend(bases.clone().iter().map(|base| files::with_private_metadata(base, 6)));
    fuzz(4 << 32, &bases, repair_webp);
}

/// Puts every checksum right, chunk after chunk.
pub fn repair_png(file: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = file.get(at..at + 4).map(|b| u32::from_be_bytes(b.try_into().expect("four")) as usize) {
        let Some(end) = (at + 8).checked_add(length).filter(|end| end + 4 <= file.len()) else { break };
        let crc = crc32fast::hash(&file[at + 4..end]);
        file[end..end + 4].copy_from_slice(&crc.to_be_bytes());
        at = end + 4;
    }
}

pub fn repair_webp(file: &mut [u8]) {
    if file.len() >= 12 {
        let size = file.len() as u32 - 8;
        file[4..8].copy_from_slice(&size.to_le_bytes());
    }
}
