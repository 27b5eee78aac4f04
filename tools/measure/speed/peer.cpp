// Times single telegrams in the C++ library dlms_parser, see bench_ratios.py, which compiles and runs this.
//
// Reads lines `hex key auth_key` (each "-" where there is none) from a file. Prints for each line the shortest time of
// `count` telegrams, ns, and the number of values found; 0 values where the library cannot read it.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "dlms_parser/decryption/aes_128_gcm_decryptor_mbedtls.h"
#include "dlms_parser/dlms_parser.h"

using namespace dlms_parser;

// Sets of patterns as the library's own tests register them. Each telegram is timed with the set that finds most.
static const std::vector<std::vector<const char*>> kSets = {
  {}, {"TO, TV"}, {"S(TO, TV, TSU)", "S(TO, TV)"}, {"F, S(TO, TDTM)", "S(TO, TV, TSU)"},
  {"S(TO, TDTM)", "S(TO, TV)", "TOW, TV, TSU"}};

struct Timed {
  size_t values = 0;
  long ns = 0;
};

static Timed timed(const std::vector<uint8_t>& data, const std::string& key, const std::string& auth_key,
                   const std::vector<const char*>& patterns, const int count) {
  Aes128GcmDecryptorMbedTls decryptor;
  DlmsParser parser(&decryptor);
  if (key != "-") parser.set_decryption_key(Aes128GcmDecryptionKey::from_hex(key).value());
  if (auth_key != "-") parser.set_authentication_key(Aes128GcmAuthenticationKey::from_hex(auth_key).value());
  parser.load_default_patterns();
  for (const auto* pattern : patterns) parser.register_pattern(pattern);
  float sum = 0;
  const DlmsDataCallback take = [&sum](const char*, const float value, const char*, const bool number) {
    if (number) sum += value;
  };
  std::vector<uint8_t> buffer(data.size());
  Timed best;
  for (int i = 0; i < count; ++i) {
    const auto started = std::chrono::steady_clock::now();
    std::memcpy(buffer.data(), data.data(), data.size());  // it decodes in place
    const auto found = parser.parse(buffer, take).count;
    const auto ended = std::chrono::steady_clock::now();
    const long ns = std::chrono::duration_cast<std::chrono::nanoseconds>(ended - started).count();
    if (i == 0 || ns < best.ns) best = {found, ns};
    if (found == 0) break;
  }
  return best;
}

int main(const int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream file(argv[1]);
  const int count = std::atoi(argv[2]);
  std::string hex, key, auth_key;
  while (file >> hex >> key >> auth_key) {
    std::vector<uint8_t> data(hex.size() / 2);
    for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
    size_t most = 0;
    for (const auto& patterns : kSets) most = std::max(most, timed(data, key, auth_key, patterns, 1).values);
    Timed best;
    for (const auto& patterns : kSets) {
      if (!most || timed(data, key, auth_key, patterns, 1).values != most) continue;
      const auto one = timed(data, key, auth_key, patterns, count);
      if (!best.values || one.ns < best.ns) best = one;
    }
    std::cout << best.ns << ' ' << best.values << '\n';
  }
}
