#include "router-service/conditions/shares.h"

#include <cmath>
#include <cstdio>

#include "base/config/scalar.h"

namespace wayleave::router {

double ReadPercentage(config::Section& section, const char* key) {
  std::string text;
  section.Read(key, text);
  if (text.ends_with('%')) text.pop_back();
  while (text.ends_with(' ')) text.pop_back();
  const Result<double> number = config::ParseNumber(text);
  if (!number || !(*number > 0) || *number > 100) section.Fail(key, "must be a percentage, like 20%: above 0, up to 100");
  return *number;
}

std::string PercentWords(double hundredths) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g %%", hundredths);
  return text;
}

}  // namespace wayleave::router
