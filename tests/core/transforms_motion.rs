//! Animations stay animations, with every frame where and when it was.

use tintype::domain::format::Format;
use tintype::domain::transform::{Flip, Sizing, Transform};
use tintype::imaging;
use tintype::policy::limits::{ANONYMOUS, ImageLimits};

use crate::harness::image_files::{self as files, Png};
use crate::transforms::{into, shown, within};

struct Film {
    width: usize,
    /// What is on the screen, and for how long, in hundredths of a second.
    frames: Vec<(Vec<[u8; 4]>, u16)>,
    repeat: gif::Repeat,
}

/// Plays a GIF, by the rules of its specification (section 23).
fn play(file: &[u8]) -> Film {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(file).expect("a GIF");
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let mut screen = vec![[0_u8; 4]; width * height];
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().expect("a frame") {
        let before = screen.clone();
        let part = |at: usize| {
            let (x, y) = (at % usize::from(frame.width), at / usize::from(frame.width));
            (y + usize::from(frame.top)) * width + x + usize::from(frame.left)
        };
        for (at, pixel) in frame.buffer.chunks(4).enumerate() {
            if pixel[3] == 255 {
                screen[part(at)] = [pixel[0], pixel[1], pixel[2], 255];
            }
        }
        frames.push((screen.clone(), frame.delay));
        match frame.dispose {
            gif::DisposalMethod::Background => (0..frame.buffer.len() / 4).for_each(|at| screen[part(at)] = [0; 4]),
            gif::DisposalMethod::Previous => screen = before,
            _ => {}
        }
    }
    Film { width, frames, repeat: decoder.repeat() }
}

fn gif_of(transform: &Transform, file: &[u8]) -> (Film, Vec<u8>) {
    let (facts, made) = imaging::transform(file, transform, &ANONYMOUS).expect("a GIF");
    let film = play(&made);
    assert_eq!((facts.format, facts.frames as usize), (Format::Gif, film.frames.len()));
    assert_eq!(facts.notes, [], "{:?}", facts.notes);
    (film, made)
}

/// A ball that moves over a ground, with every way of taking a frame off the screen.
fn ball() -> Vec<u8> {
    let mut file = Vec::new();
    let palette = [0, 0, 0, 250, 80, 40, 30, 90, 200, 255, 255, 255];
    let mut encoder = gif::Encoder::new(&mut file, 40, 30, &palette).expect("a GIF");
    encoder.set_repeat(gif::Repeat::Finite(3)).expect("a loop");
    let methods = [
        gif::DisposalMethod::Keep,
        gif::DisposalMethod::Previous,
        gif::DisposalMethod::Background,
        gif::DisposalMethod::Previous,
        gif::DisposalMethod::Keep,
    ];
    for (number, dispose) in (0..).zip(methods) {
        let mut frame = gif::Frame { dispose, delay: 3 + number, transparent: Some(0), ..gif::Frame::default() };
        if number == 0 {
            (frame.width, frame.height) = (40, 30);
            frame.buffer = (0..40 * 30).map(|at| if at % 40 < 8 { 0 } else { 2 }).collect();
        } else {
            (frame.left, frame.top, frame.width, frame.height) = (number * 6, number * 4, 10, 10);
            frame.buffer =
                (0..100).map(|at| if (at % 10 + at / 10) < 5 { 0 } else { 1 + 2 * (number as u8 % 2) }).collect();
        }
        encoder.write_frame(&frame).expect("a frame");
    }
    drop(encoder);
    file
}

#[test]
fn an_animated_gif_that_is_only_written_anew_shows_the_same_frames_for_the_same_time() {
    for file in [ball(), files::gif(61, 47, 4, false), files::gif(61, 47, 3, true), files::committed("gif")[0].clone()]
    {
        let before = play(&file);
        let (after, _) = gif_of(&Transform::identity(Format::Gif), &file);
        assert_eq!(after.repeat, before.repeat);
        assert_eq!(after.frames.len(), before.frames.len());
        for (number, ((after, after_cs), (before, before_cs))) in after.frames.iter().zip(&before.frames).enumerate() {
            assert_eq!(after_cs, before_cs);
            assert!(after == before, "frame {number}");
        }
    }
}

#[test]
fn an_animated_gif_is_scaled_and_turned_frame_by_frame() {
    let flip = Flip { horizontal: true, vertical: false };
    let transform = Transform { sizing: within(20), flip, ..into(Format::Gif) };
    let (film, _) = gif_of(&transform, &ball());
    assert_eq!((film.width, film.frames[0].0.len()), (20, 20 * 15));
    let red = |pixels: &[[u8; 4]]| {
        let places = (0..pixels.len()).filter(|at| pixels[*at][0] > 200 && pixels[*at][1] < 120);
        let places: Vec<_> = places.map(|at| at % 20).collect();
        places.iter().sum::<usize>() as f64 / places.len().max(1) as f64
    };
    // The second ball, red, has its middle at 17 of 40; mirrored and halved, at 11 or so of 20.
    let middle = red(&film.frames[2].0);
    assert!((9.0..13.0).contains(&middle), "{middle}");
    // What was clear on the left is clear on the right.
    assert_eq!(film.frames[0].0[19], [0; 4]);
    assert_eq!(film.frames[0].0[0][3], 255);
}

#[test]
fn pixels_that_do_not_change_are_not_written_again() {
    let photo = |shift: u8| {
        let mut pixels = files::photo(120, 80);
        for y in 10..20 {
            for x in 10..20 {
                pixels[y * 120 + x] = [shift, 255 - shift, 90];
            }
        }
        pixels
    };
    let mut file = Vec::new();
    let mut encoder = gif::Encoder::new(&mut file, 120, 80, &[]).expect("a GIF");
    for shift in [0, 60, 120, 180] {
        let rgb: Vec<u8> = photo(shift).into_flattened();
        encoder.write_frame(&gif::Frame::from_rgb_speed(120, 80, &rgb, 10)).expect("a frame");
    }
    drop(encoder);
    let one = imaging::transform(&file, &Transform { still: true, ..into(Format::Gif) }, &ANONYMOUS).expect("a GIF");
    let all = imaging::transform(&file, &into(Format::Gif), &ANONYMOUS).expect("a GIF");
    assert_eq!((one.0.frames, all.0.frames), (1, 4));
    assert!(all.1.len() < file.len() * 11 / 10, "{} of {}", all.1.len(), file.len());
}

#[test]
fn many_colours_become_a_good_palette() {
    let photo = files::photo(160, 120);
    let file = files::png_of(&photo, 160, 120);
    let found = shown(&file, &into(Format::Gif));
    // Means over squares: what dithering spreads comes together again.
    let mut worst = 0.0_f64;
    for y in (0..120).step_by(8) {
        for x in (0..160).step_by(8) {
            let mean = |pixels: &dyn Fn(usize) -> [u8; 3]| {
                let places = (0..8).flat_map(|dy| (0..8).map(move |dx| (y + dy) * 160 + x + dx));
                let sums = places.map(pixels).fold([0_u32; 3], |sums, pixel| {
                    std::array::from_fn(|channel| sums[channel] + u32::from(pixel[channel]))
                });
                sums.map(|sum| f64::from(sum) / 64.0)
            };
            let found = mean(&|at| [found.pixels[at][0], found.pixels[at][1], found.pixels[at][2]]);
            let off = found.iter().zip(mean(&|at| photo[at])).map(|(found, expected)| (found - expected).abs());
            worst = off.fold(worst, f64::max);
        }
    }
    assert!(worst < 4.0, "{worst}");
}

/// Frames of an animated WebP as they are seen, with their times in milliseconds, and how often it is shown.
fn play_webp(file: &[u8]) -> (Vec<(Vec<u8>, u32)>, u16) {
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(file)).expect("a WebP");
    let loops = match decoder.loop_count() {
        image_webp::LoopCount::Forever => 0,
        image_webp::LoopCount::Times(times) => times.get(),
    };
    let count = decoder.num_frames();
    let mut pixels = vec![0; decoder.output_buffer_size().expect("a size")];
    let mut next = || (decoder.read_frame(&mut pixels).expect("a frame"), pixels.clone());
    let frames = (0..count).map(|_| next()).map(|(duration_ms, pixels)| (pixels, duration_ms)).collect();
    (frames, loops)
}

#[test]
fn animations_become_each_other_with_every_frame_and_its_time() {
    let transform = Transform { sizing: within(30), ..into(Format::WebP) };
    let (facts, made) = imaging::transform(&ball(), &transform, &ANONYMOUS).expect("a WebP");
    let (frames, times) = play_webp(&made);
    assert_eq!((facts.format, facts.frames, frames.len()), (Format::WebP, 5, 5));
    assert_eq!(frames.iter().map(|frame| frame.1).collect::<Vec<_>>(), [30, 40, 50, 60, 70]);
    // Shown once, and three times more.
    assert_eq!(times, 4);
    let (back, _) = gif_of(&Transform::identity(Format::Gif), &made);
    assert_eq!(back.frames.iter().map(|frame| frame.1).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
    assert_eq!(back.repeat, gif::Repeat::Finite(3));
    // And it looks as it did.
    let (small, _) = gif_of(&Transform { sizing: within(30), ..into(Format::Gif) }, &ball());
    for (one, other) in back.frames.iter().zip(&small.frames) {
        let off = crate::transforms::distance(&one.0, &other.0);
        assert!(off < 12.0, "{off}");
    }
    // For ever stays for ever.
    let (_, made) = imaging::transform(&files::gif(40, 30, 3, false), &into(Format::WebP), &ANONYMOUS).expect("a WebP");
    assert_eq!(play_webp(&made).1, 0);
    let (film, _) = gif_of(&into(Format::Gif), &files::animated_webp(64, 40, 3));
    assert_eq!((film.frames.len(), film.repeat), (3, gif::Repeat::Infinite));
}

#[test]
fn only_the_first_frame_is_made_where_more_are_not_wanted_or_not_possible_which_is_said() {
    let gif = files::gif(40, 30, 3, false);
    let apng = files::png(40, 30, Png::Animated(3));
    let still = |format| Transform { still: true, ..into(format) };
    for (file, transform, is_said) in [
        (&gif, into(Format::Jpeg), false),
        (&gif, into(Format::Png), false),
        (&gif, still(Format::Gif), false),
        (&apng, into(Format::Png), true),
        (&apng, into(Format::Gif), true),
        (&apng, still(Format::Png), false),
        (&apng, into(Format::Jpeg), false),
    ] {
        let facts = shown(file, &transform).facts;
        let said: Vec<_> = facts.notes.iter().map(|note| note.parameter.as_str()).collect();
        assert_eq!((facts.frames, said), (1, if is_said { vec!["anim"] } else { vec![] }), "{transform}");
    }
    // In too little memory, too.
    let large = files::gif(800, 800, 3, false);
    let limits = ImageLimits { memory_bytes_max: 12 << 20, ..ANONYMOUS };
    let transform = Transform { sizing: Sizing::Short { side: 600 }, ..into(Format::Gif) };
    let (facts, _) = imaging::transform(&large, &transform, &limits).expect("its first frame");
    assert_eq!((facts.frames, facts.notes[0].parameter.as_str()), (1, "anim"));
}
