"""The contest part of SemCoder-S (paper section 5, App. F): problems of CodeContests with solutions that pass."""
