namespace PatchContainers.Health;

/// <summary>What a measurement that gave no number leads to.</summary>
internal enum UnknownPolicy
{
    /// <summary>Nobody can say.</summary>
    Inconclusive,

    /// <summary>It counts as passed.</summary>
    Pass,

    /// <summary>It counts as failed.</summary>
    Fail,

    /// <summary>It is left out, as if it had not been measured.</summary>
    Ignore,
}
