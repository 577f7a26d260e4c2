# SPDX-License-Identifier: Apache-2.0
"""The core data management platform: a run folder, or a folder of outside measurements, as a store that can be asked.

`Store` reads; `curation` flags what is wrong with the data beside it; `imports` and `ingest` bring measurements in;
`retention` thins what is old. Whatever they write has the layout of a run folder, so every part reads what any other wrote.
"""
