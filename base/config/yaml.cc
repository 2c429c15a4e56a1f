#include "base/config/yaml.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "base/config/difference.h"
#include "base/config/scalar.h"
#include "base/config/tree.h"

namespace wayleave::config {
namespace {

using Kind = Value::Kind;

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{16} << 20;

std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// Damerau-Levenshtein with swaps of neighbours, three rows at a time.
std::size_t Distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before, last, row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::move(last);
    last = row;
    row[0] = i;
    for (std::size_t j = 1; j < row.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

struct Section::Impl {
  std::string file;
  std::string path;  // "providers.openai"; empty for the root
  int line = 1;
  std::shared_ptr<const Value> mapping;  // a mapping, or null for an empty one
  std::set<std::string> asked;
  std::shared_ptr<Looks> sources = std::make_shared<Looks>();  // of the document

  std::string PathOf(const std::string& key) const { return path.empty() ? key : path + "." + key; }

  std::string At(int at, const std::string& where) const {
    return file + ":" + std::to_string(at) + (where.empty() ? "" : ": " + where);
  }

  [[noreturn]] void Refuse(int at, const std::string& where, const std::string& problem) const {
    throw ConfigError(At(at, where) + ": " + problem);
  }

  const Value::Entry* Ask(const char* key) {
    asked.insert(key);
    return mapping->Find(key);
  }

  std::shared_ptr<Impl> Below(int at, std::string where, std::shared_ptr<const Value> value) const {
    if (value->kind != Kind::kMapping && value->kind != Kind::kNull) {
      Refuse(at, where, std::string("must be a mapping, but is ") + value->KindName());
    }
    return std::make_shared<Impl>(Impl{file, std::move(where), at, std::move(value), {}, sources});
  }

  // The text of a single value, or of the file that {file: path} names.
  std::string Text(const Value& value, int at, const std::string& where) const {
    const bool from_file = value.kind == Kind::kMapping && value.entries.size() == 1 && value.Find("file");
    if (from_file) return FileText(*value.Find("file"), where);
    if (value.kind == Kind::kNull) Refuse(at, where, "has no value; write \"\" for an empty one");
    const bool single = value.kind == Kind::kScalar;
    if (!single) Refuse(at, where, std::string("must be a single value, but is ") + value.KindName());
    Result<std::string> text = ExpandEnvironment(value.text);
    if (!text) Refuse(at, where, text.error().message);
    return *std::move(text);
  }

  std::string FileText(const Value::Entry& entry, const std::string& where) const {
    const std::filesystem::path named = Text(*entry.value, entry.line, where + ".file");
    const std::string path_of_it = (std::filesystem::path(file).parent_path() / named).string();
    sources->emplace(path_of_it, LookOf(path_of_it));  // also one that can't be read: it may come
    Result<std::string> text = ReadTrimmed(path_of_it);
    if (!text) Refuse(entry.line, where, text.error().message);
    return *std::move(text);
  }

  // Puts the parsed value of `key` into `into`, if the key is there.
  template <class T, class Parse>
  void ReadAs(const char* key, T& into, Parse parse) {
    const Value::Entry* entry = Ask(key);
    if (!entry) return;
    auto value = parse(Text(*entry->value, entry->line, PathOf(key)));
    if (!value) Refuse(entry->line, PathOf(key), value.error().message);
    into = static_cast<T>(*std::move(value));
  }
};

Section::Section(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Section::Section(const Section&) = default;
Section& Section::operator=(const Section&) = default;
Section::Section(Section&&) noexcept = default;
Section& Section::operator=(Section&&) noexcept = default;
Section::~Section() = default;

void Section::Read(const char* key, bool& into) { impl_->ReadAs(key, into, ParseBool); }

void Section::Read(const char* key, int& into) {
  std::int64_t wide = into;
  Read(key, wide);
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) {
    Fail(key, "is too large a number");
  }
  into = static_cast<int>(wide);
}

void Section::Read(const char* key, std::int64_t& into) { impl_->ReadAs(key, into, ParseInt); }
void Section::Read(const char* key, std::size_t& into) { impl_->ReadAs(key, into, ParseBytes); }
void Section::Read(const char* key, double& into) { impl_->ReadAs(key, into, ParseNumber); }
void Section::Read(const char* key, std::chrono::milliseconds& into) { impl_->ReadAs(key, into, ParseDuration); }
void Section::ReadUsd(const char* key, std::int64_t& nano_usd) { impl_->ReadAs(key, nano_usd, ParseUsd); }

void Section::Read(const char* key, std::string& into) {
  impl_->ReadAs(key, into, [](std::string text) { return Result<std::string>(std::move(text)); });
}

void Section::Read(const char* key, std::vector<std::string>& into) {
  const Value::Entry* entry = impl_->Ask(key);
  if (!entry) return;
  const Value& value = *entry->value;
  std::vector<std::string> read;
  if (value.kind == Kind::kScalar || value.kind == Kind::kMapping) {
    read.push_back(impl_->Text(value, entry->line, impl_->PathOf(key)));
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Value& item = *value.items[i];
    read.push_back(impl_->Text(item, item.line, impl_->PathOf(key) + "[" + std::to_string(i) + "]"));
  }
  into = std::move(read);
}

void Section::Read(const char* key, std::map<std::string, std::string>& into) {
  if (!Has(key)) return static_cast<void>(impl_->Ask(key));
  const Section child = Child(key);
  std::map<std::string, std::string> read;
  for (const Value::Entry& entry : child.impl_->mapping->entries) {
    read[entry.key] = impl_->Text(*entry.value, entry.line, child.impl_->PathOf(entry.key));
  }
  into = std::move(read);
}

bool Section::Has(const char* key) const { return impl_->mapping->Find(key) != nullptr; }

bool Section::IsMapping(const char* key) const {
  const Value::Entry* entry = impl_->mapping->Find(key);
  return entry && entry->value->kind == Kind::kMapping;
}

std::vector<std::string> Section::Keys() const {
  std::vector<std::string> keys;
  for (const Value::Entry& entry : impl_->mapping->entries) keys.push_back(entry.key);
  return keys;
}

void Section::Allow(std::initializer_list<const char*> keys) { impl_->asked.insert(keys.begin(), keys.end()); }

Section Section::Child(const char* key) {
  const Value::Entry* entry = impl_->Ask(key);
  if (!entry) return Section(impl_->Below(impl_->line, impl_->PathOf(key), std::make_shared<Value>()));
  return Section(impl_->Below(entry->line, impl_->PathOf(key), entry->value));
}

std::vector<Section> Section::List(const char* key) {
  const Value::Entry* entry = impl_->Ask(key);
  if (!entry) return {};
  const Value& value = *entry->value;
  if (value.kind != Kind::kList && value.kind != Kind::kNull) {
    Fail(key, std::string("must be a list, but is ") + value.KindName());
  }
  std::vector<Section> sections;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string where = impl_->PathOf(key) + "[" + std::to_string(i) + "]";
    sections.push_back(Section(impl_->Below(value.items[i]->line, where, value.items[i])));
  }
  return sections;
}

std::vector<std::pair<std::string, Section>> Section::Entries() {
  std::vector<std::pair<std::string, Section>> sections;
  for (const std::string& key : Keys()) sections.emplace_back(key, Child(key.c_str()));
  return sections;
}

std::string Section::Where() const { return impl_->At(impl_->line, impl_->path); }

std::string Section::Where(const char* key) const {
  const Value::Entry* entry = impl_->mapping->Find(key);
  return impl_->At(entry ? entry->line : impl_->line, impl_->PathOf(key));
}

void Section::Fail(const std::string& problem) const { throw ConfigError(Where() + ": " + problem); }
void Section::Fail(const char* key, const std::string& problem) const {
  throw ConfigError(Where(key) + ": " + problem);
}

void Section::Fail(const char* key, std::size_t index, const std::string& problem) const {
  const Value::Entry* entry = impl_->mapping->Find(key);
  if (!entry || index >= entry->value->items.size()) Fail(key, problem);
  const std::string where = impl_->PathOf(key) + "[" + std::to_string(index) + "]";
  impl_->Refuse(entry->value->items[index]->line, where, problem);
}

std::vector<std::string> Section::DifferentFrom(const Section& other) const {
  return Differences(*other.impl_->mapping, *impl_->mapping);
}

const Looks& Section::Sources() const { return *impl_->sources; }

void Section::Done() const {
  const std::vector<std::string> known(impl_->asked.begin(), impl_->asked.end());
  for (const Value::Entry& entry : impl_->mapping->entries) {
    if (impl_->asked.count(entry.key)) continue;
    const std::string nearest = Nearest(entry.key, known);
    std::string hint = known.empty() ? "" : "; known here: " + Join(known);
    if (!nearest.empty()) hint = "; did you mean `" + nearest + "`?";
    impl_->Refuse(entry.line, impl_->PathOf(entry.key), "unknown key" + hint);
  }
}

Section Document::Parse(const std::string& text, const std::string& name) {
  std::shared_ptr<const Value> root = ParseTree(text, name);
  const Section::Impl outside{name, "", 1, root, {}, std::make_shared<Looks>()};
  return Section(outside.Below(root->line, "", root));
}

Section Document::Load(const std::string& path) {
  const std::string look = LookOf(path);
  errno = 0;
  std::error_code ec;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in.is_open() && std::filesystem::is_directory(path, ec)) throw ConfigError(path + ": is a directory");
  if (in.is_open() && std::filesystem::file_size(path, ec) > kMaxFileBytes && !ec) {
    throw ConfigError(path + ": is larger than 16 MiB");
  }
  if (in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
  if (!in.is_open() || in.bad()) throw ConfigError(path + ": can't be read: " + std::strerror(errno ? errno : EIO));
  Section root = Parse(text.str(), path);
  root.impl_->sources->emplace(path, look);
  return root;
}

std::string Nearest(const std::string& word, const std::vector<std::string>& candidates) {
  if (word.size() > 64) return "";
  std::string nearest;
  std::size_t best = word.size() / 3 + 2;  // must be beaten
  for (const std::string& candidate : candidates) {
    const std::size_t distance = Distance(word, candidate);
    if (distance >= best || distance >= std::max(word.size(), candidate.size())) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace wayleave::config
