#pragma once

#include <string>

#include "base/result.h"

namespace wayleave::deploy {

// Whether standard error goes to the system's journal, which keeps what it is told and shows it to others: systemd names
// the journal's socket in JOURNAL_STREAM (systemd.exec(5)).
bool WritesToJournal();

// Puts the first key into the file `first-key` of the state directory, for its owner alone, and returns the path. One
// that is there already stays, and is an error.
Result<std::string> KeepFirstKey(const std::string& state_dir, const std::string& key);

}  // namespace wayleave::deploy
