#include "deploy/terms_options.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "deploy/money.h"
#include "deploy/text_table.h"

namespace wayleave::deploy {
namespace {

using auth::v1::Terms;
using Strings = google::protobuf::RepeatedPtrField<std::string>;

// What --clear takes out, by the names of the options.
struct Field {
  const char* name;
  void (*clear)(Terms& terms);
};
constexpr std::array<Field, 16> kFields = {{
    {"daily", [](Terms& terms) { terms.mutable_daily()->clear_hard_nano_usd(); }},
    {"monthly", [](Terms& terms) { terms.mutable_monthly()->clear_hard_nano_usd(); }},
    {"soft-daily", [](Terms& terms) { terms.mutable_daily()->clear_soft_nano_usd(); }},
    {"soft-monthly", [](Terms& terms) { terms.mutable_monthly()->clear_soft_nano_usd(); }},
    {"rpm", [](Terms& terms) { terms.mutable_limits()->clear_requests_per_minute(); }},
    {"tpm", [](Terms& terms) { terms.mutable_limits()->clear_tokens_per_minute(); }},
    {"concurrent", [](Terms& terms) { terms.mutable_limits()->clear_concurrent_requests(); }},
    {"max-output-tokens", [](Terms& terms) { terms.clear_max_output_tokens(); }},
    {"model", [](Terms& terms) { terms.clear_models(); }},
    {"provider", [](Terms& terms) { terms.clear_providers(); }},
    {"region", [](Terms& terms) { terms.clear_regions(); }},
    {"endpoint", [](Terms& terms) { terms.clear_endpoints(); }},
    {"address", [](Terms& terms) { terms.clear_addresses(); }},
    {"hours", [](Terms& terms) { terms.clear_hours(); }},
    {"days", [](Terms& terms) { terms.clear_days(); }},
    {"timezone", [](Terms& terms) { terms.clear_timezone(); }},
}};

Status Clear(const std::string& prefix, const std::string& name, Terms& terms) {
  std::string all;
  for (const Field& field : kFields) {
    if (name == field.name) return field.clear(terms), Status();
    all += (all.empty() ? "" : ", ") + std::string(field.name);
  }
  return Error{Code::kInvalidArgument, prefix + "clear: knows " + all};
}

void Set(const std::vector<std::string>& values, Strings* list) {
  if (!values.empty()) *list = {values.begin(), values.end()};
}

std::string Joined(const Strings& list) { return Shown(fmt::format("{}", fmt::join(list, ", "))); }

// Each thing that the terms say: a name, the whole of it, and the same in short.
struct Said {
  std::string name, whole, brief;
};

void SayMoney(const char* period, const auth::v1::Budget& budget, std::vector<Said>& all) {
  const auto say = [&](const std::string& kind, std::int64_t nano_usd) {
    const std::string amount = UsdText(nano_usd);
    all.push_back({kind + "budget", amount + " USD each " + period, kind + amount + "/" + period});
  };
  if (budget.has_hard_nano_usd()) say("", budget.hard_nano_usd());
  if (budget.has_soft_nano_usd()) say("soft ", budget.soft_nano_usd());
}

std::vector<Said> Say(const Terms& terms) {
  std::vector<Said> all;
  SayMoney("day", terms.daily(), all);
  SayMoney("month", terms.monthly(), all);
  const auto count = [&](const char* name, std::int64_t value, const char* unit) {
    if (value > 0) all.push_back({name, fmt::format("{}", value), fmt::format("{} {}", value, unit)});
  };
  count("requests per minute", terms.limits().requests_per_minute(), "rpm");
  count("tokens per minute", terms.limits().tokens_per_minute(), "tpm");
  count("concurrent requests", terms.limits().concurrent_requests(), "at once");
  count("max output tokens", terms.max_output_tokens(), "tokens out");
  const auto list = [&](const char* name, const Strings& values) {
    if (!values.empty()) all.push_back({name, Joined(values), Joined(values)});
  };
  list("models", terms.models());
  list("providers", terms.providers());
  list("regions", terms.regions());
  list("endpoints", terms.endpoints());
  list("addresses", terms.addresses());
  list("hours", terms.hours());
  list("days", terms.days());
  if (!terms.timezone().empty()) all.push_back({"time zone", Shown(terms.timezone()), Shown(terms.timezone())});
  return all;
}

}  // namespace

CLI::Option* TermsOptions::Add(CLI::App& verb, const char* name, auto& into, const std::string& text) const {
  return verb.add_option(prefix_ + name, into, prefix_ == "--" ? text : "For each user by himself: " + text);
}

void TermsOptions::AddTo(CLI::App& verb, bool clear, const std::string& prefix) {
  prefix_ = "--" + prefix;
  Add(verb, "daily", daily_, "The most US dollars of a day; a request that might pass it is refused");
  Add(verb, "monthly", monthly_, "The most US dollars of a month");
  Add(verb, "soft-daily", soft_daily_, "US dollars of a day after which only warnings are given");
  Add(verb, "soft-monthly", soft_monthly_, "US dollars of a month after which only warnings are given");
  Add(verb, "rpm", rpm_, "The most requests in 60 seconds");
  Add(verb, "tpm", tpm_, "The most tokens in 60 seconds");
  Add(verb, "concurrent", concurrent_, "The most requests in progress");
  Add(verb, "max-output-tokens", max_output_tokens_, "The most output tokens of one request");
  AddLists(verb);
  Add(verb, "timezone", timezone_, "The time zone of hours, days and budgets, like Europe/Berlin");
  if (!clear) return;
  Add(verb, "clear", clear_, "Take a term out, by its option's name: " + prefix_ + "clear daily; repeat for more")
      ->allow_extra_args(false);
}

void TermsOptions::AddLists(CLI::App& verb) {
  const auto add = [&](const char* name, std::vector<std::string>& into, const std::string& text) {
    return Add(verb, name, into, text + "; repeat for more. Without it: all")->allow_extra_args(false);
  };
  add("model", models_, "A model (or glob) that may be used");
  add("provider", providers_, "A provider that may be used");
  add("region", regions_, "A region of providers that may be used");
  add("endpoint", endpoints_, "A front door that may be used, like responses");
  add("address", addresses_, "A network that clients may call from, like 10.0.0.0/8");
  add("hours", hours_, "A time of day at which requests are taken, 08:00-18:00");
  add("days", days_, "Days of the week, like mon,tue")->delimiter(',');
}

bool TermsOptions::empty() const {
  Terms terms;
  return clear_.empty() && ApplyTo(terms).ok() && terms.ByteSizeLong() == 0 && !rpm_ && !tpm_ && !concurrent_ &&
         !max_output_tokens_;
}

Status TermsOptions::ApplyMoney(Terms& terms) const {
  const auto set = [this](const char* name, const std::string& text, auto&& put) -> Status {
    if (text.empty()) return {};
    const Result<std::int64_t> amount = ReadUsd(text, (prefix_ + name).c_str());
    if (!amount) return amount.error();
    put(*amount);
    return {};
  };
  Status done = set("daily", daily_, [&](std::int64_t amount) { terms.mutable_daily()->set_hard_nano_usd(amount); });
  if (done) done = set("monthly", monthly_, [&](auto amount) { terms.mutable_monthly()->set_hard_nano_usd(amount); });
  if (done)
    done = set("soft-daily", soft_daily_, [&](auto amount) { terms.mutable_daily()->set_soft_nano_usd(amount); });
  if (!done) return done;
  return set("soft-monthly", soft_monthly_, [&](auto amount) { terms.mutable_monthly()->set_soft_nano_usd(amount); });
}

Status TermsOptions::ApplyTo(Terms& terms) const {
  for (const std::string& name : clear_) {
    if (Status cleared = Clear(prefix_, name, terms); !cleared) return cleared;
  }
  if (Status set = ApplyMoney(terms); !set) return set;
  if (rpm_) terms.mutable_limits()->set_requests_per_minute(*rpm_);
  if (tpm_) terms.mutable_limits()->set_tokens_per_minute(*tpm_);
  if (concurrent_) terms.mutable_limits()->set_concurrent_requests(*concurrent_);
  if (max_output_tokens_) terms.set_max_output_tokens(*max_output_tokens_);
  Set(models_, terms.mutable_models());
  Set(providers_, terms.mutable_providers());
  Set(regions_, terms.mutable_regions());
  Set(endpoints_, terms.mutable_endpoints());
  Set(addresses_, terms.mutable_addresses());
  Set(hours_, terms.mutable_hours());
  Set(days_, terms.mutable_days());
  if (!timezone_.empty()) terms.set_timezone(timezone_);
  return {};
}

std::string InLines(const Terms& terms) {
  std::string lines;
  for (const Said& said : Say(terms)) lines += fmt::format("  {:<20} {}\n", said.name, said.whole);
  return lines;
}

std::string InShort(const Terms& terms) {
  std::string words;
  for (const Said& said : Say(terms)) words += (words.empty() ? "" : ", ") + said.brief;
  return words.empty() ? "-" : words;
}

}  // namespace wayleave::deploy
