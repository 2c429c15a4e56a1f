#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/config/look.h"

namespace wayleave::config {

// What is wrong with a configuration, and where: "wayleave.yaml:12: providers.openai.timeout: …".
// Thrown while a configuration is read, caught in main, which prints it and exits with 2.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Document;

// A mapping in the file that remembers which of its keys were asked for. Every reader names the key it
// wants, with the default already in place in `into`; Done() then refuses the keys that nobody asked for
// and names the nearest known one. Values may hold ${NAME} (environment; unset is an error unless
// written ${NAME:-default}; a plain "${" is written "$${"); a string may also be {file: path}, which is read
// and trimmed, the path being relative to the configuration's own folder. Values are expanded only when they are
// read, and no message repeats one: it may be a secret. A key without a value is a ConfigError where a single
// value is wanted, and an empty list or mapping where one of those is.
// A section keeps its document alive; copies share what was asked for. Not thread-safe.
class Section {
 public:
  // An absent key leaves `into` as it is. A wrong type is a ConfigError.
  void Read(const char* key, bool& into);
  void Read(const char* key, int& into);
  void Read(const char* key, std::int64_t& into);
  void Read(const char* key, std::size_t& into);      // bytes: 1048576, "64MiB", "1GB"
  void Read(const char* key, double& into);
  void Read(const char* key, std::string& into);
  void Read(const char* key, std::chrono::milliseconds& into);  // "250ms", "15s", "5m", "1h"
  void Read(const char* key, std::vector<std::string>& into);   // a list, or one string
  void Read(const char* key, std::map<std::string, std::string>& into);
  // USD with decimals, for example 0.125, to billionths.
  void ReadUsd(const char* key, std::int64_t& nano_usd);

  // Whether the key is there; does not count as asking for it.
  bool Has(const char* key) const;
  // Whether its value is a mapping: for keys that have a short and a long form.
  bool IsMapping(const char* key) const;
  // Every key of this mapping, in the order of the file; does not count as asking for them.
  std::vector<std::string> Keys() const;
  // Counts the keys as asked for: sections of one file that somebody else reads.
  void Allow(std::initializer_list<const char*> keys);
  // The mapping below `key`; an empty one if absent.
  Section Child(const char* key);
  // The mappings in the list below `key`.
  std::vector<Section> List(const char* key);
  // Every entry of this mapping as (key, mapping), in the order of the file; marks all as asked for.
  std::vector<std::pair<std::string, Section>> Entries();

  // Where this is in the file: "wayleave.yaml:12: providers.openai".
  std::string Where() const;
  std::string Where(const char* key) const;
  [[noreturn]] void Fail(const std::string& problem) const;
  [[noreturn]] void Fail(const char* key, const std::string& problem) const;
  // The same about one element of the list below `key`.
  [[noreturn]] void Fail(const char* key, std::size_t index, const std::string& problem) const;

  // The paths below this mapping that `other` has otherwise, as written: what changed between two readings of a file.
  std::vector<std::string> DifferentFrom(const Section& other) const;
  // Every file that was read for the document so far: its own, if it came from one, and those of {file: …}.
  const Looks& Sources() const;

  // Refuses unknown keys of this mapping (not of its children: each section is read by its owner).
  void Done() const;

  Section(const Section&);
  Section& operator=(const Section&);
  Section(Section&&) noexcept;
  Section& operator=(Section&&) noexcept;
  ~Section();

 private:
  friend class Document;
  struct Impl;
  explicit Section(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

// A whole file. Duplicate keys, syntax errors, a root that is no mapping and aliases that would make the
// document huge are ConfigErrors with their line. An empty file is an empty mapping.
class Document {
 public:
  static Section Load(const std::string& path);
  static Section Parse(const std::string& text, const std::string& name = "<inline>");
};

// "nearest" of `candidates` to `word`, or "" if none is near: for "did you mean" hints.
std::string Nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace wayleave::config
