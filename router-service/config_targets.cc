#include "router-service/config_reading.h"

namespace wayleave::router {
namespace {

using config::Section;

void ReadFlag(Section& section, const char* key, std::optional<bool>& into) {
  if (section.Has(key)) section.Read(key, into.emplace());
}

TimesConfig ReadTimes(Section& target) {
  TimesConfig times;
  Section section = target.Child("timeouts");
  section.Read("connect", times.connect);
  section.Read("first_byte", times.first_byte);
  section.Read("first_token", times.first_token);
  section.Read("idle", times.idle);
  section.Read("total", times.total);
  section.Done();
  return times;
}

TargetConfig ReadFacts(Section& section) {
  TargetConfig target;
  if (section.Has("accuracy")) section.Read("accuracy", target.accuracy.emplace());
  section.Read("weight", target.weight);
  section.Read("context_window", target.context_window);
  ReadFlag(section, "tools", target.tools);
  ReadFlag(section, "images", target.images);
  ReadFlag(section, "reasoning", target.reasoning);
  target.timeouts = ReadTimes(section);
  section.Read("attempts", target.attempts);
  section.Read("continue", target.continues);
  section.Done();
  if (target.accuracy && !(*target.accuracy >= 0 && *target.accuracy <= 100)) {
    section.Fail("accuracy", "must be between 0 and 100, the best being 100");
  }
  if (!(target.weight > 0 && target.weight <= 1e6)) section.Fail("weight", "must be more than 0, at most 1000000");
  if (target.context_window < 0) section.Fail("context_window", "must not be negative");
  if (target.attempts < 0 || target.attempts > 10) section.Fail("attempts", "must be between 0 and 10");
  return target;
}

}  // namespace

void ReadTargetFacts(Section& root, RoutingConfig& config) {
  Section section = root.Child("targets");
  for (auto& [name, entry] : section.Entries()) {
    TargetConfig target = ReadFacts(entry);
    const std::string problem = ReadTarget(name, config.providers, target.target);
    if (!problem.empty()) section.Fail(name.c_str(), problem);
    config.targets.push_back(std::move(target));
  }
}

}  // namespace wayleave::router
