//! Finds cycles in a graph of files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// For each file, the files that it depends on, each with a path that causes the dependency.
pub(super) type Graph = BTreeMap<String, BTreeMap<String, String>>;

/// The shortest cycle through each file that is part of one, as `a.rs -> b.rs (path in a.rs) -> a.rs (path in b.rs)`.
/// Each cycle is listed once.
pub(super) fn cycles(graph: &Graph) -> Vec<String> {
    let mut found = BTreeMap::new();
    for file in graph.keys() {
        if let Some(cycle) = shortest_cycle(graph, file) {
            let members: BTreeSet<_> = cycle.iter().copied().collect();
            found.entry(members).or_insert(cycle);
        }
    }
    let mut cycles: Vec<_> = found.into_values().collect();
    cycles.sort_by_key(Vec::len);
    cycles.into_iter().map(|cycle| describe(graph, &cycle)).collect()
}

/// The files from `start` back to `start`, which is listed once.
fn shortest_cycle<'a>(graph: &'a Graph, start: &'a str) -> Option<Vec<&'a str>> {
    let mut previous = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        for dependency in graph.get(file).into_iter().flat_map(BTreeMap::keys) {
            if dependency == start {
                let mut cycle = vec![file];
                while cycle[cycle.len() - 1] != start {
                    cycle.push(previous[cycle[cycle.len() - 1]]);
                }
                cycle.reverse();
                return Some(cycle);
            }
            if !previous.contains_key(dependency.as_str()) {
                previous.insert(dependency.as_str(), file);
                queue.push_back(dependency);
            }
        }
    }
    None
}

fn describe(graph: &Graph, cycle: &[&str]) -> String {
    let next = cycle.iter().cycle().skip(1);
    let steps = cycle.iter().zip(next).map(|(file, next)| format!(" -> {next} ({})", graph[*file][*next]));
    format!("{}{}", cycle[0], steps.collect::<String>())
}
