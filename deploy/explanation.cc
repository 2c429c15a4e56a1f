#include "deploy/explanation.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <iterator>

namespace wayleave::deploy {
namespace {

using router::v1::RouteResponse;

class Text {
 public:
  // A line with its heading, which is empty where the line before has the same.
  template <class... Args>
  void Line(std::string_view heading, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out), "{:<13}", heading);
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  }

  std::string out;
};

const char* InWords(router::v1::Pick pick) {
  switch (pick) {
    case router::v1::PICK_WEIGHTED: return "drawn anew for each request, by weight";
    case router::v1::PICK_LEAST_BUSY: return "the one with the fewest requests in flight first";
    case router::v1::PICK_BOUNDED: return "as listed, but one that is overloaded comes last";
    default: return "as listed";
  }
}

std::string InWords(const router::v1::Target& target) {
  std::string words = target.reason();
  const auto add = [&words](const std::string& more) { words += (words.empty() ? "" : "; ") + more; };
  if (target.has_price()) {
    constexpr double kNano = 1e9;
    add(fmt::format("${:g} in and ${:g} out for a million tokens", static_cast<double>(target.price().input()) / kNano,
                    static_cast<double>(target.price().output()) / kNano));
    if (target.price().request() > 0) {
      add(fmt::format("${:g} for each request", static_cast<double>(target.price().request()) / kNano));
    }
  }
  if (target.weight() > 0 && target.weight() != 1) add(fmt::format("weight {:g}", target.weight()));
  if (target.continues()) add("may carry on a broken answer");
  if (target.trial()) add("on trial after failures");
  return words;
}

void Put(const RouteResponse& decision, Text& text) {
  text.Line("rule", "{}{}", decision.rule(), decision.reason().empty() ? "" : ": " + decision.reason());
  for (int i = 0; i < decision.targets_size(); ++i) {
    const router::v1::Target& target = decision.targets(i);
    const std::string words = InWords(target);
    text.Line(i == 0 ? "targets" : "", "{}. {}/{}{}", i + 1, target.provider(), target.model(),
              words.empty() ? "" : "  " + words);
  }
  if (decision.targets_size() > 1) text.Line("order", "{}", InWords(decision.pick()));
  const router::v1::Settings& set = decision.set();
  if (!set.reasoning_effort().empty()) text.Line("set", "reasoning effort {}", set.reasoning_effort());
  if (set.max_output_tokens() > 0) text.Line("set", "at most {} output tokens", set.max_output_tokens());
  if (!set.service_tier().empty()) text.Line("set", "service tier {}", set.service_tier());
  for (const router::v1::PassedOver& other : decision.passed_over()) {
    text.Line("passed over", "{}/{}: {}", other.provider(), other.model(), other.why());
  }
}

}  // namespace

std::string InWords(const router::v1::ExplainResponse& explanation) {
  Text text;
  if (explanation.has_decision()) {
    Put(explanation.decision(), text);
  } else {
    text.Line("refused", "{}", explanation.refusal());
  }
  const char* heading = "steps";
  for (const router::v1::Step& step : explanation.steps()) {
    text.Line(heading, "{} {}: {}", step.decided() ? "+" : "-", step.rule(), step.reason());
    heading = "";
  }
  return text.out;
}

std::string AsJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "";
}

}  // namespace wayleave::deploy
