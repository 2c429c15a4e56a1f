#include "router-service/config_reading.h"

#include <algorithm>

#include "router-service/glob.h"

namespace wayleave::router {
namespace {

using config::Section;

std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

std::string ReadTarget(const std::string& text, const std::vector<std::string>& providers, TargetName& into) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
    return "`" + text + "` must be written provider/model";
  }
  into = {text.substr(0, slash), text.substr(slash + 1)};
  if (std::find(providers.begin(), providers.end(), into.provider) != providers.end()) return "";
  const std::string nearest = config::Nearest(into.provider, providers);
  return "the provider `" + into.provider + "` is not configured; " +
         (!nearest.empty()    ? "did you mean `" + nearest + "`?"
          : providers.empty() ? "none is"
                              : "configured are: " + Join(providers));
}

std::vector<TargetName> ReadTargets(Section& section, const char* key, const std::vector<std::string>& providers) {
  std::vector<std::string> texts;
  section.Read(key, texts);
  if (texts.empty()) section.Fail(key, "needs at least one target, written provider/model");
  std::vector<TargetName> targets(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::string problem = ReadTarget(texts[i], providers, targets[i]);
    const bool part_glob = problem.empty() && targets[i].model != "*" && IsGlob(targets[i].model);
    if (part_glob) problem = "`*` in a target stands for the whole model: write " + targets[i].provider + "/*";
    if (!problem.empty()) section.Fail(key, i, problem);
  }
  return targets;
}

void ReadStrategy(Section& section, Strategy& into) {
  if (!section.Has("prefer")) return;
  std::string name;
  section.Read("prefer", name);
  const std::optional<Strategy> strategy = StrategyNamed(name);
  if (strategy) return static_cast<void>(into = *strategy);
  std::vector<std::string> names;
  for (const StrategyEntry& entry : Strategies()) names.emplace_back(entry.name);
  section.Fail("prefer", "must be one of: " + Join(names));
}

void OneOf(const Section& section, const char* key, const std::string& word, const std::vector<std::string>& words) {
  const bool known = word.empty() || std::find(words.begin(), words.end(), word) != words.end();
  if (!known) section.Fail(key, "must be one of: " + Join(words));
}

void ReadRetry(Section& router, RetryConfig& into) {
  Section section = router.Child("retry");
  section.Read("attempts", into.attempts);
  section.Read("base", into.base);
  section.Read("most", into.most);
  section.Read("most_retry_after", into.most_retry_after);
  section.Done();
  if (into.attempts < 1 || into.attempts > 10) section.Fail("attempts", "must be between 1 and 10; 1 repeats nothing");
  if (into.most < into.base) section.Fail("most", "must not be less than `base`");
}

}  // namespace wayleave::router
