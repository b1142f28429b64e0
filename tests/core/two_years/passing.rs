//! How time passes: triggers fire whenever something is due, mostly once, mostly by right clocks, and mostly on a platform that works.

use tintype::domain::time::{HOUR_MS, MINUTE_MS};
use tintype::jobs::{self, EVERY_HOUR, EVERY_MINUTE, EVERY_NIGHT, EVERY_OTHER_MINUTE};

use super::owed::{LATE_MS, next_due};
use super::{OUTAGE_MS, SKEW_MS, Years};
use crate::harness::faults::{BoxedOperation, FaultKind, drive};
use crate::harness::platform_limits::on_machine;

impl Years {
    /// A trigger fires: once, or not at all, or twice, or beside itself.
    fn fire(&mut self, cron: &'static str) {
        let dice = self.below(20);
        if dice == 0 {
            return;
        }
        self.tally.triggers += 1;
        if dice == 1 {
            return self.fire_beside_itself(cron);
        }
        for _ in 0..if dice == 2 { 2 } else { 1 } {
            self.act(cron, |world| Box::pin(async move { drop(world.run_cron(cron).await) }));
        }
    }

    /// Two runs at the same time, on machines whose clocks differ.
    fn fire_beside_itself(&mut self, cron: &'static str) {
        let world = self.world.clone();
        let skews = [self.next_skew(), self.next_skew()];
        if self.below(10) == 0 {
            world.faults.strike_at(self.below(30) as usize, FaultKind::ALL[self.below(5) as usize]);
        }
        world.faults.interleave(true);
        let run = |skew: i64| -> BoxedOperation<'_, ()> {
            let run = async { drop(jobs::run_due(&world.app, cron, world.clock_now()).await) };
            Box::pin(on_machine(skew, run))
        };
        drive(&world.faults, |running| self.chance.below(running as u64) as usize, skews.map(run).into());
        world.faults.interleave(false);
        world.faults.calm();
        self.operations += 2;
        self.trace(&format!("{} {cron} beside itself {skews:?}", self.now()));
        let now = self.now();
        self.observe((now + skews[0].min(skews[1]), now + skews[0].max(skews[1])), true);
    }

    /// Lets time pass until then, with triggers whenever something is due.
    pub fn pass(&mut self, until: i64) {
        loop {
            let next = next_due(&self.world).into_values().min().unwrap_or(i64::MAX);
            if next >= until {
                self.go_to(until);
                return;
            }
            // Some machines are ahead of their time.
            let lead = if self.below(4) == 0 { SKEW_MS + MINUTE_MS } else { 0 };
            self.go_to((next - lead).max(self.now()));
            self.begin_trouble();
            if self.below(12) == 0 {
                self.fire(EVERY_HOUR);
                self.fire(EVERY_NIGHT);
            }
            self.tick_until_done();
        }
    }

    /// What happens by itself at this moment, once in a minute.
    pub fn keep_time(&mut self) {
        self.end_trouble();
        let minute = self.now() / MINUTE_MS;
        if std::mem::replace(&mut self.minute, minute) == minute {
            return;
        }
        self.fire(EVERY_MINUTE);
        if minute % 2 == 0 {
            self.fire(EVERY_OTHER_MINUTE);
        }
    }

    fn go_to(&mut self, at: i64) {
        self.world.advance_ms((at - self.now()).max(0));
    }

    /// Minute by minute, until nothing is due.
    fn tick_until_done(&mut self) {
        loop {
            // During an outage there is nothing to be seen but that it goes on.
            let is_outage = self.trouble_until - self.now() > HOUR_MS;
            let step = if is_outage { 13 * MINUTE_MS } else { MINUTE_MS };
            let minute = self.now() / MINUTE_MS * MINUTE_MS + step;
            self.go_to(minute);
            self.keep_time();
            if self.below(3) == 0 {
                self.act("messages", |world| Box::pin(world.deliver_messages()));
            }
            self.check_absent();
            let now = self.now();
            let due = next_due(&self.world);
            for (kind, at) in &due {
                let late = now - (*at).max(self.model.calm_since);
                assert!(
                    self.model.is_troubled || late <= LATE_MS + MINUTE_MS,
                    "{kind}: {} s late, still there",
                    late / 1_000
                );
            }
            if due.into_values().all(|at| at > now) && !self.model.is_troubled {
                return;
            }
        }
    }

    pub fn begin_trouble(&mut self) {
        let now = self.now();
        if self.model.is_troubled {
            return;
        }
        if self.outages.first().is_some_and(|at| *at <= now) {
            self.outages.remove(0);
            self.trouble_until = now + OUTAGE_MS;
            self.world.faults.storm(1_000, 0);
            self.tally.outages += 1;
        } else if self.below(25) == 0 {
            self.trouble_until = now + (3 + self.below(20) as i64) * MINUTE_MS;
            self.world.faults.storm(400, self.chance.next());
            self.tally.storms += 1;
        } else {
            return;
        }
        self.model.is_troubled = true;
    }

    fn end_trouble(&mut self) {
        if self.model.is_troubled && self.now() >= self.trouble_until {
            self.world.faults.storm(0, 0);
            self.model.is_troubled = false;
            self.model.calm_since = self.now();
        }
    }
}
