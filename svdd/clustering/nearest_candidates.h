// Which points may be the nearest of each row: found on a device, in float, with a proven bound on its error.
// They are few; the host measures them in double, and the answer is that of the plain loop, to the bit.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/array.h"
#include "svdd/clustering/centred_points.h"
#include "svdd/clustering/device.h"

namespace svdd {

// Lists of all points k with the least Points::squared, or squared_distance, to each of a block of rows, and
// of few others. Under cosine every row must have a direction.
//
// With N = ‖z‖², in the measure of CentredPoints, a dense layer computes x = N_k·(1 − E) − 2·z_i·z_k. Where q
// = N_i + N_k, it is off by dense_error·2q, since 2‖z_i‖‖z_k‖ <= q; rounding the rows, the norm and `squared`
// add 7u·q and 2^-100 (see CentredPoints::relative_error). With E = 2·dense_error + 16u that makes
//   x <= squared/unit² − N_i·(1 − E) + 2^-100 <= x + 2E·N_k + 2E·N_i + 2^-99,
// so that no k is nearest whose x exceeds the right side of another one; 9u are left for computing it in
// float.
class NearestCandidates {
 public:
  // A block of points that may be nearest: z_k, N_k·(1 − E), 2E·N_k.
  struct Targets {
    engine::Array z, norm, slack;
  };
  // A block of rows that look for their nearest: −2·z_i, 2E·N_i.
  struct Rows {
    engine::Array z, margin;
    int64_t count = 0;
  };

  // In blocks of so many rows and so many points. `centred`, which says how all of them are centred and
  // scaled, must outlive it.
  NearestCandidates(const CentredPoints& centred, const Device& device, int64_t rows, int64_t points);

  Targets targets() const;  // room for a block
  // z: whole rows of centred.width() numbers, no more than a block; none of what is missing is ever nearest.
  void assign(const std::vector<float>& z, Targets& to) const;

  // Those of `centred` from `first` on, as many as a block holds: z is a block of them, zeros past the last.
  Rows rows(int64_t first, const std::vector<float>& z) const;
  Rows rows(int64_t first, const Targets& same) const;  // the block of Targets that holds the same rows

  // Forgets what is known of the rows before.
  void begin();
  // Looks for the nearest of the rows among these points, and those of earlier calls since begin().
  // `others`: row r is point r, and not sought.
  void search(const Rows& rows, const Targets& points, bool others);
  // The points of the last search that may be row r's nearest of all so far, ascending.
  std::span<const float> of(int64_t r) const;

 private:
  Rows finished(int64_t first, engine::Array z) const;

  const CentredPoints& centred_;
  engine::Backend& device_;
  int64_t rows_, points_;
  double error_;
  engine::Array x_, limit_, count_, list_;
  std::vector<float> counts_, lists_;
  int64_t listed_ = 0;  // numbers of each row in lists_
};

}  // namespace svdd
