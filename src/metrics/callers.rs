//! Requests by caller, with a bound on the number of caller names.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::registration::register;

/// The number of callers that get their own series. JWTs can contain any number of different names.
const MAX_NAMES: usize = 100;

/// Counts requests by caller name. Callers beyond the first [`MAX_NAMES`] share the name `other`.
#[derive(Debug)]
pub(super) struct CallerRequests {
    by_name: Family<CallerLabels, Counter>,
    others: Counter,
    /// The number of callers that have their own series.
    named: Mutex<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallerLabels {
    caller: Arc<str>,
}

impl CallerRequests {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let by_name: Family<CallerLabels, Counter> = register(
            registry,
            "caller_requests",
            "Authenticated requests by caller name; other: callers beyond the first 100 names",
            Family::default(),
        );
        let others = by_name.get_or_create_owned(&CallerLabels { caller: "other".into() });
        Self { by_name, others, named: Mutex::new(0) }
    }

    pub(super) fn count(&self, name: &Arc<str>) {
        let labels = CallerLabels { caller: Arc::clone(name) };
        if let Some(requests) = self.by_name.get(&labels) {
            requests.inc();
            return;
        }
        // The lock is held from the second look-up to the insertion, so that the bound is exact and no name counts twice.
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(requests) = self.by_name.get(&labels) {
            requests.inc();
        } else if *named < MAX_NAMES {
            *named += 1;
            self.by_name.get_or_create(&labels).inc();
        } else {
            self.others.inc();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use prometheus_client::registry::Registry;

    use super::{CallerRequests, MAX_NAMES};

    #[test]
    fn concurrent_requests_are_all_counted_and_the_bound_on_names_is_exact() {
        let requests = CallerRequests::new(&mut Registry::default());
        let names: Vec<Arc<str>> = (0..3 * MAX_NAMES).map(|number| format!("caller-{number}").into()).collect();
        thread::scope(|scope| {
            for offset in 0..8 {
                let (requests, names) = (&requests, &names);
                scope.spawn(move || {
                    let order = names.iter().cycle().skip(offset * 37).take(names.len());
                    order.for_each(|name| requests.count(name));
                });
            }
        });
        let counted: Vec<u64> = names
            .iter()
            .filter_map(|name| requests.by_name.get(&super::CallerLabels { caller: Arc::clone(name) }))
            .map(|counter| counter.get())
            .collect();
        assert_eq!((counted.len(), *requests.named.lock().unwrap()), (MAX_NAMES, MAX_NAMES));
        assert_eq!(counted.iter().sum::<u64>() + requests.others.get(), 8 * names.len() as u64);
    }
}
