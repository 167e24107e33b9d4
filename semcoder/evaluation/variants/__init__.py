"""Programs of prediction items in another dress: does a model reason about the code, or about how it is written?

CodeCrash (2504.14119) renames, restructures and clutters CRUXEval's and LiveCodeBench's programs: 17 models lost more
than 14 points under its structural changes together (v2), and 23.2 % of their score on average, 13.8 % with chain of
thought (v3, with misleading texts, which there are none of here). The changes below are our own. All
800 programs of CRUXEval have both variants; on 2,644 inputs of other items these returned what the originals did.
"""
