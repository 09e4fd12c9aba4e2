#include "datasets/stroke_glyphs.h"

#include <array>
#include <cstddef>

namespace datasets {

const std::vector<Glyph>& glyphs_of(int digit) {
  constexpr bool corner = true;
  // A stroke reads as one line of points.
  // clang-format off
  static const std::array<std::vector<Glyph>, 10> glyphs = {{
      {
          // 0: from the top to the left and round, closed or with a small overlap
          {{{.55f, .02f}, {.27f, .12f}, {.12f, .48f}, {.24f, .88f}, {.50f, .98f}, {.78f, .85f},
            {.89f, .48f}, {.77f, .12f}, {.52f, .02f}}},
          {{{.66f, .08f}, {.40f, .03f}, {.17f, .28f}, {.14f, .66f}, {.36f, .96f}, {.66f, .92f},
            {.86f, .60f}, {.82f, .24f}, {.58f, .05f}, {.46f, .12f}}},
          {{{.62f, .00f}, {.42f, .10f}, {.26f, .48f}, {.32f, .88f}, {.50f, 1.0f}, {.66f, .86f},
            {.74f, .46f}, {.66f, .10f}, {.56f, .00f}}},
      },
      {
          // 1: a bar; a bar with a flag; with flag and foot
          {{{.52f, .00f}, {.51f, .50f}, {.49f, 1.0f}}},
          {{{.55f, .00f}, {.53f, .48f}, {.50f, 1.0f}}},
          {{{.30f, .24f}, {.44f, .13f}, {.56f, .00f, corner}, {.55f, .50f}, {.53f, 1.0f}}},
          {{{.30f, .20f}, {.54f, .00f, corner}, {.53f, .50f}, {.52f, .98f}},
           {{.28f, .98f}, {.52f, .99f}, {.78f, .97f}}},
      },
      {
          // 2: with a sharp foot; with a loop at the foot; with a swung foot
          {{{.16f, .24f}, {.32f, .05f}, {.60f, .03f}, {.78f, .24f}, {.66f, .52f}, {.38f, .78f},
            {.12f, .97f, corner}, {.50f, .96f}, {.90f, .95f}}},
          {{{.18f, .20f}, {.40f, .03f}, {.68f, .09f}, {.74f, .33f}, {.57f, .63f}, {.32f, .90f},
            {.15f, .93f}, {.14f, .79f}, {.34f, .77f}, {.60f, .92f}, {.92f, .90f}}},
          {{{.20f, .14f}, {.46f, .02f}, {.74f, .14f}, {.70f, .44f}, {.42f, .74f}, {.16f, .94f, corner},
            {.40f, .84f}, {.64f, .96f}, {.90f, .86f}}},
      },
      {
          // 3: two bows meeting in a point; rounder; with a flat roof
          {{{.18f, .12f}, {.45f, .01f}, {.74f, .12f}, {.72f, .34f}, {.40f, .47f, corner}, {.74f, .57f},
            {.82f, .80f}, {.54f, .99f}, {.14f, .89f}}},
          {{{.22f, .08f}, {.52f, .02f}, {.72f, .20f}, {.58f, .42f}, {.46f, .48f, corner}, {.68f, .54f},
            {.80f, .74f}, {.62f, .95f}, {.36f, .99f}, {.16f, .86f}}},
          {{{.18f, .04f}, {.50f, .03f}, {.80f, .03f, corner}, {.62f, .22f}, {.44f, .40f, corner},
            {.74f, .50f}, {.82f, .74f}, {.56f, .98f}, {.15f, .92f}}},
      },
      {
          // 4: open, in two strokes; closed, in one; open with a short stem
          {{{.24f, .03f}, {.17f, .34f}, {.14f, .56f, corner}, {.50f, .57f}, {.90f, .53f}},
           {{.74f, .06f}, {.69f, .50f}, {.64f, 1.0f}}},
          {{{.62f, 1.0f}, {.66f, .50f}, {.70f, .00f, corner}, {.40f, .32f}, {.10f, .66f, corner},
            {.50f, .67f}, {.94f, .64f}}},
          {{{.32f, .00f}, {.18f, .30f}, {.26f, .50f}, {.52f, .50f}, {.76f, .36f}},
           {{.80f, .02f}, {.76f, .34f}, {.70f, .68f}, {.66f, 1.0f}}},
      },
      {
          // 5: roof first and then the belly; belly first, the roof as a second stroke; in one swing
          {{{.84f, .03f}, {.56f, .04f}, {.28f, .05f, corner}, {.23f, .44f, corner}, {.50f, .37f},
            {.78f, .52f}, {.80f, .78f}, {.53f, .98f}, {.14f, .91f}}},
          {{{.30f, .06f}, {.26f, .25f}, {.24f, .46f, corner}, {.52f, .42f}, {.76f, .60f}, {.70f, .88f},
            {.44f, 1.0f}, {.16f, .88f}},
           {{.30f, .05f}, {.58f, .05f}, {.88f, .01f}}},
          {{{.82f, .00f}, {.56f, .04f}, {.34f, .14f}, {.30f, .36f}, {.54f, .48f}, {.72f, .66f},
            {.64f, .90f}, {.40f, 1.0f}, {.16f, .90f}}},
      },
      {
          // 6: bowed back; straight back; with a wide loop
          {{{.70f, .02f}, {.38f, .22f}, {.18f, .58f}, {.26f, .90f}, {.52f, .99f}, {.78f, .83f},
            {.72f, .60f}, {.46f, .54f}, {.22f, .72f}}},
          {{{.56f, .00f}, {.38f, .28f}, {.26f, .62f}, {.30f, .92f}, {.52f, .99f}, {.72f, .84f},
            {.64f, .64f}, {.44f, .62f}, {.28f, .80f}}},
          {{{.78f, .10f}, {.56f, .02f}, {.28f, .22f}, {.12f, .60f}, {.28f, .93f}, {.60f, .98f},
            {.84f, .78f}, {.72f, .52f}, {.42f, .50f}, {.16f, .68f}}},
      },
      {
          // 7: plain; with a bar through the stem; with a hook at the start and a bowed stem
          {{{.12f, .06f}, {.50f, .05f}, {.86f, .04f, corner}, {.64f, .44f}, {.42f, 1.0f}}},
          {{{.14f, .05f}, {.50f, .06f}, {.86f, .04f, corner}, {.66f, .46f}, {.48f, 1.0f}},
           {{.34f, .52f}, {.58f, .50f}, {.84f, .47f}}},
          {{{.14f, .24f}, {.18f, .06f, corner}, {.52f, .10f}, {.86f, .03f, corner}, {.60f, .36f},
            {.48f, .68f}, {.46f, 1.0f}}},
      },
      {
          // 8: one stroke from the upper right; from the crossing; two rings
          {{{.76f, .16f}, {.50f, .01f}, {.24f, .15f}, {.32f, .38f}, {.60f, .54f}, {.77f, .78f},
            {.52f, .99f}, {.23f, .82f}, {.36f, .57f}, {.66f, .38f}, {.77f, .17f}}},
          {{{.50f, .46f}, {.28f, .28f}, {.34f, .05f}, {.66f, .04f}, {.72f, .26f}, {.50f, .47f},
            {.26f, .70f}, {.34f, .96f}, {.66f, .96f}, {.74f, .70f}, {.51f, .47f}}},
          {{{.52f, .01f}, {.28f, .14f}, {.34f, .42f}, {.62f, .42f}, {.72f, .18f}, {.50f, .01f}},
           {{.48f, .46f}, {.22f, .62f}, {.26f, .92f}, {.58f, .99f}, {.80f, .78f}, {.70f, .52f},
             {.46f, .46f}}},
      },
      {
          // 9: straight stem; bowed stem; stem with a hook
          {{{.78f, .20f}, {.52f, .02f}, {.24f, .16f}, {.24f, .42f}, {.52f, .50f}, {.78f, .22f, corner},
            {.74f, .60f}, {.66f, 1.0f}}},
          {{{.76f, .12f}, {.48f, .02f}, {.20f, .24f}, {.36f, .48f}, {.66f, .38f}, {.78f, .12f, corner},
            {.76f, .46f}, {.62f, .78f}, {.44f, 1.0f}}},
          {{{.74f, .24f}, {.56f, .03f}, {.28f, .10f}, {.20f, .36f}, {.46f, .48f}, {.74f, .26f, corner},
            {.78f, .60f}, {.70f, .90f}, {.46f, 1.0f}, {.22f, .90f}}},
      },
  }};
  // clang-format on
  return glyphs.at(static_cast<size_t>(digit));
}

}  // namespace datasets
