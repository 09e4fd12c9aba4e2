// Every differentiable operation. Each lives in a file of its own, with its formula and its backward rule.
// All throw std::invalid_argument, which begins with "[name]", for shapes, layouts or types that do not fit together.
#pragma once
#include "engine/ops/arithmetic.h"
#include "engine/ops/batch_norm.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/conv_transpose2d.h"
#include "engine/ops/dense.h"
#include "engine/ops/gradient.h"
#include "engine/ops/max_pool2d.h"
#include "engine/ops/nearest_point.h"
#include "engine/ops/pointwise.h"
#include "engine/ops/reductions.h"
#include "engine/ops/reshape.h"
#include "engine/ops/take.h"
#include "engine/ops/upsample_nearest.h"
