#include "engine/files/npz.h"

#include <algorithm>
#include <stdexcept>

#include "engine/files/in_quotes.h"
#include "engine/files/npy.h"
#include "engine/files/zip.h"

namespace engine {

namespace {

constexpr const char* suffix = ".npy";

}

Npz Npz::read(const std::filesystem::path& path, uint64_t max_bytes) {
  Npz npz;
  npz.path_ = path;
  for (ZipMember& packed : read_zip(path, max_bytes)) {
    Member member;
    member.name = packed.name.ends_with(suffix) ? packed.name.substr(0, packed.name.size() - 4) : packed.name;
    if (npz.contains(member.name))
      throw std::runtime_error("cannot read " + in_quotes(path) + ": it holds two arrays " +
                               in_quotes(member.name));
    try {
      member.array = parse_npy(packed.bytes, in_quotes(path) + ", member " + in_quotes(member.name));
    } catch (const std::runtime_error& error) {
      member.refusal = error.what();
      member.words = parse_npy_words(packed.bytes);
    }
    std::string().swap(packed.bytes);  // one copy of the numbers at a time
    npz.members_.push_back(std::move(member));
  }
  return npz;
}

const Npz::Member* Npz::find(const std::string& name) const {
  const auto found = std::ranges::find(members_, name, &Member::name);
  return found == members_.end() ? nullptr : &*found;
}

bool Npz::contains(const std::string& name) const { return find(name) != nullptr; }

const NdArray& Npz::at(const std::string& name) const {
  const Member* member = find(name);
  if (member == nullptr)
    throw std::runtime_error(in_quotes(path_) + " has no array " + in_quotes(name) + "; it holds " +
                             in_quotes(names()));
  if (!member->refusal.empty()) throw std::runtime_error(member->refusal);
  return member->array;
}

std::optional<NpyWords> Npz::words(const std::string& name) const {
  const Member* member = find(name);
  return member ? member->words : std::nullopt;
}

std::vector<std::string> Npz::names() const {
  std::vector<std::string> names;
  for (const Member& member : members_) names.push_back(member.name);
  return names;
}

void write_npz(const std::filesystem::path& path,
               const std::vector<std::pair<std::string, NdArray>>& arrays) {
  ZipWriter zip(path);
  for (const auto& [name, array] : arrays) zip.add(name + suffix, npy_bytes(array));
  zip.commit();
}

}  // namespace engine
