# SPDX-License-Identifier: Apache-2.0
"""The run folder: writer, reader, manifest, KPIs, report and comparison."""
