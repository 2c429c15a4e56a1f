#include "gateway/redaction/anchors.h"

#include <array>
#include <bit>

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

// Each anchor has bits of its own, one for each sequence, so that no mixture of two sequences counts.
struct Sequence {
  Anchor anchor;
  std::array<std::string_view, 3> sets;  // of characters
};

constexpr std::string_view kAny;
constexpr std::string_view kLowerLetters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kHost = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\xC3\xC4\xC5";

constexpr std::array kSequences = {
    Sequence{kAtSign, {"@", kHost, kAny}},
    Sequence{kOpenAiKey, {"s", "k", "-"}},
    Sequence{kStripeKey, {"sr", "k", "_"}},
    Sequence{kOwnKey, {"w", "l", "_"}},
    Sequence{kGitHubToken, {"h", "pousr", "_"}},
    Sequence{kGitHubPat, {"u", "b", "_"}},
    Sequence{kGitLabToken, {"l", "p", "a"}},
    Sequence{kSlackToken, {"x", "o", "x"}},
    Sequence{kAwsKeyId, {"A", "KS", "I"}},
    Sequence{kGoogleKey, {"A", "I", "z"}},
    Sequence{kJwt, {"e", "y", "J"}},
    Sequence{kPemBlock, {"-", "B", "E"}},
    Sequence{kBearer, {"rR", "eE", "rR"}},
    Sequence{kHubToken, {"hp", "fm", "_"}},
    Sequence{kSecretWord, {"sS", "sS", "wWpP"}},
    Sequence{kSecretWord, {"pP", "wW", "dD"}},
    Sequence{kSecretWord, {"eE", "cC", "rR"}},
    Sequence{kSecretWord, {"oO", "kK", "eE"}},
    Sequence{kSecretWord, {"pP", "iI", "kK"}},
    Sequence{kSecretWord, {"_-", "kK", "eE"}},
    Sequence{kSecretWord, {kLowerLetters, "K", "e"}},
    Sequence{kEscape, {"\\", "u", "0"}},
};

struct Tables {
  std::array<std::array<std::uint32_t, 256>, 3> bits{};

  constexpr Tables() {
    for (std::size_t sequence = 0; sequence < kSequences.size(); ++sequence) {
      for (std::size_t place = 0; place < 3; ++place) Add(place, kSequences[sequence].sets[place], 1u << sequence);
    }
  }

  constexpr void Add(std::size_t place, std::string_view set, std::uint32_t bit) {
    for (const char c : set) bits[place][static_cast<unsigned char>(c)] |= bit;
    if (set.empty()) {
      for (std::uint32_t& entry : bits[place]) entry |= bit;
    }
  }
};

constexpr Tables kTables;

std::uint32_t SequencesOf(std::uint32_t wanted) {
  std::uint32_t sequences = 0;
  for (std::size_t i = 0; i < kSequences.size(); ++i) {
    if (kSequences[i].anchor & wanted) sequences |= 1u << i;
  }
  return sequences;
}

std::uint32_t AnchorsOf(std::uint32_t sequences) {
  std::uint32_t anchors = 0;
  for (; sequences != 0; sequences &= sequences - 1) {
    anchors |= kSequences[static_cast<std::size_t>(std::countr_zero(sequences))].anchor;
  }
  return anchors;
}

std::uint32_t SequencesAt(const unsigned char* p) {
  return kTables.bits[0][p[0]] & kTables.bits[1][p[1]] & kTables.bits[2][p[2]];
}

std::size_t CountDigits(const char* p, std::size_t size) {
  unsigned char count = 0;
  for (std::size_t i = 0; i < size; ++i) count += static_cast<unsigned char>(p[i] - '0') < 10;
  return count;
}

}  // namespace

AnchorFinder::AnchorFinder(std::uint32_t wanted) : sequences_(SequencesOf(wanted)) {}

Anchored AnchorFinder::Next(std::string_view text, std::size_t from) const {
  constexpr std::size_t kStep = 8;
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const std::uint32_t sequences = sequences_;
  std::size_t at = from;
  for (; at + kStep + 2 <= text.size(); at += kStep) {
    std::uint32_t any = 0;
    for (std::size_t i = 0; i < kStep; ++i) any |= SequencesAt(p + at + i);
    if (any & sequences) break;
  }
  for (; at + 2 < text.size(); ++at) {
    if (const std::uint32_t found = SequencesAt(p + at) & sequences) return {at, AnchorsOf(found)};
  }
  return {text.size(), 0};
}

std::size_t NextDigits(std::string_view text, std::size_t from) {
  constexpr std::size_t kMany = 5;
  std::size_t at = from;
  for (; at + kDigitBlock <= text.size(); at += kDigitBlock) {
    if (CountDigits(text.data() + at, kDigitBlock) >= kMany) return at;
  }
  if (at < text.size() && CountDigits(text.data() + at, text.size() - at) >= kMany) return at;
  return text.size();
}

}  // namespace wayleave::gateway
