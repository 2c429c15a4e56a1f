#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "base/time/zone.h"
#include "router-service/config_reading.h"

namespace wayleave::router {
namespace {

using config::Section;

void ReadFrom(Section& section, DatedPrice& price) {
  if (!section.Has("from")) return section.Allow({"from"});
  std::string text;
  section.Read("from", text);
  const bool date = text.size() == std::string("2026-12-01").size();
  const auto time = ParseTime(date ? text + "T00:00Z" : text);
  if (!time) section.Fail("from", "must be a date, like 2026-12-01 (midnight UTC), or a time with its offset");
  price.from = *time;
}

// A half-written price would charge too little without anybody noticing. Tokens are free where a request has a price
// and they are not spoken of.
void CheckWhole(const Section& section) {
  const auto has_any = [&](std::initializer_list<const char*> keys) {
    return std::any_of(keys.begin(), keys.end(), [&](const char* key) { return section.Has(key); });
  };
  const bool by_tokens = section.Has("input") && section.Has("output");
  const bool by_request =
      section.Has("request") && !has_any({"input", "output", "cached_input", "reasoning"});
  if (by_tokens || by_request) return;
  section.Fail("needs both input and output, in USD per million tokens, or else `request`, in USD per request");
}

std::int64_t ReadUsd(Section& section, const char* key, std::int64_t usual) {
  section.ReadUsd(key, usual);
  return usual;
}

DatedPrice ReadPrice(Section& section) {
  DatedPrice dated;
  v1::Price& price = dated.price;
  CheckWhole(section);
  ReadFrom(section, dated);
  price.set_input(ReadUsd(section, "input", 0));
  price.set_cached_input(ReadUsd(section, "cached_input", price.input()));
  price.set_output(ReadUsd(section, "output", 0));
  if (section.Has("reasoning")) price.set_reasoning(ReadUsd(section, "reasoning", 0));
  price.set_request(ReadUsd(section, "request", 0));
  price.set_image(ReadUsd(section, "image", 0));
  section.Allow({"reasoning"});
  section.Done();
  return dated;
}

// One mapping, or a list of them that differ in when they begin.
std::vector<DatedPrice> ReadDated(Section& prices, const char* name) {
  if (prices.IsMapping(name)) {
    Section section = prices.Child(name);
    return {ReadPrice(section)};
  }
  std::vector<DatedPrice> dated;
  for (Section& section : prices.List(name)) {
    DatedPrice price = ReadPrice(section);
    const bool twice = std::any_of(dated.begin(), dated.end(), [&](const auto& p) { return p.from == price.from; });
    if (twice) section.Fail("from", "another price of this target begins at the same time");
    dated.push_back(std::move(price));
  }
  if (dated.empty()) prices.Fail(name, "needs a price: a mapping, or a list of them, each with its `from`");
  std::sort(dated.begin(), dated.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  return dated;
}

}  // namespace

void ReadPrices(Section& root, RoutingConfig& config) {
  Section section = root.Child("prices");
  for (const std::string& name : section.Keys()) {
    PriceConfig price;
    const std::string problem = ReadTarget(name, config.providers, price.target);
    if (!problem.empty()) section.Fail(name.c_str(), problem);
    price.dated = ReadDated(section, name.c_str());
    config.prices.push_back(std::move(price));
  }
}

}  // namespace wayleave::router
