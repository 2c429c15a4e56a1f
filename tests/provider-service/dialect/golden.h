#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "provider-service/dialect/ids.h"
#include "provider-service/dialect/quirks.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider::testing {

// The golden data of one kind: files `<case>.<what>`. With WAYLEAVE_WRITE_GOLDEN=1 in the environment the tests write
// what they get in place of what they expect, for a person to read and commit.
class Golden {
 public:
  explicit Golden(const std::string& kind);

  // The cases that have a file with this ending, in order.
  std::vector<std::string> Cases(const std::string& ending) const;
  bool Has(const std::string& name) const;
  std::string Read(const std::string& name) const;
  nlohmann::ordered_json ReadJson(const std::string& name) const;
  void Expect(const std::string& name, const std::string& actual) const;

 private:
  std::filesystem::path folder_;
};

// Ids by counting: resp_1, msg_2 …
IdSource CountingIds();

ChatQuirks QuirksOf(const nlohmann::ordered_json& options);

// Takes all that a reply writes, as a connection would.
struct Sink {
  Output out;
  std::string bytes;
  void Take();
};

// How the upstream's answer ends.
enum class Ending { kEnd, kBreak };

// Feeds the reply in pieces of at most `piece` bytes.
void Run(Reply& reply, std::string_view upstream, std::size_t piece, Ending ending, Sink& sink);

// The bytes, and below them what the reply tells its owner.
std::string Told(const Sink& sink);

// How often `part` occurs.
int Count(std::string_view text, std::string_view part);

}  // namespace wayleave::provider::testing
