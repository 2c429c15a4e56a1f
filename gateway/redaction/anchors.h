#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wayleave::gateway {

// Three characters in a row by which something worth a closer look is noticed. A place can be several at once.
enum Anchor : std::uint32_t {
  kAtSign = 1u << 0,       // user@host
  kOpenAiKey = 1u << 1,    // sk-
  kStripeKey = 1u << 2,    // sk_ rk_
  kOwnKey = 1u << 3,       // wl_
  kGitHubToken = 1u << 4,  // ghp_ gho_ …, at the h
  kGitHubPat = 1u << 5,    // github_pat_, at the u
  kGitLabToken = 1u << 6,  // glpat-, at the l
  kSlackToken = 1u << 7,   // xox
  kAwsKeyId = 1u << 8,     // AKI ASI
  kGoogleKey = 1u << 9,    // AIz
  kJwt = 1u << 10,         // eyJ
  kPemBlock = 1u << 11,    // -BE
  kBearer = 1u << 12,      // bea-RER
  kHubToken = 1u << 13,    // hf_ pm_
  // In the middle of a word that names a secret: password, passphrase, pwd, secret, token, api key, …_key, …Key.
  kSecretWord = 1u << 14,
  kEscape = 1u << 15,  // \u0: a character of ASCII that is hidden from all of these
};

constexpr std::uint32_t kSecretAnchors = (kEscape - 1) & ~std::uint32_t{kAtSign};

struct Anchored {
  std::size_t offset = 0;  // of the first of the three characters; the text's size if there is none
  std::uint32_t anchors = 0;
};

// Looks for some of the anchors. Immutable, so that any thread may use it.
class AnchorFinder {
 public:
  explicit AnchorFinder(std::uint32_t wanted);

  // The next place at or behind `from` that is one of the wanted.
  Anchored Next(std::string_view text, std::size_t from) const;

 private:
  std::uint32_t sequences_;
};

// A block of this many bytes, at or behind `from`, in which so many are digits that a number of nine digits or more may
// touch it; the text's size if there is none. Every such number touches one of the blocks, if it begins at or behind
// `from` and at most every third of its characters separates. Thread-safe.
constexpr std::size_t kDigitBlock = 16;
std::size_t NextDigits(std::string_view text, std::size_t from);

}  // namespace wayleave::gateway
