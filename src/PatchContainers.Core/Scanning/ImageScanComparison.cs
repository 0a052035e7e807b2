namespace PatchContainers.Scanning;

/// <summary>A finding on which scanners of one image do not agree.</summary>
public sealed record ScanDifference
{
    /// <summary>The flaw, by its CVE id where it has one.</summary>
    public required string Id { get; init; }

    /// <summary>Its other names.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The package.</summary>
    public required string Package { get; init; }

    /// <summary>The installed version.</summary>
    public required string Version { get; init; }

    /// <summary>The worst of the severities.</summary>
    public Severity Severity { get; init; }

    /// <summary>The scanners that found it.</summary>
    public IReadOnlyList<string> FoundBy { get; init; } = [];

    /// <summary>The scanners that did not.</summary>
    public IReadOnlyList<string> MissedBy { get; init; } = [];

    /// <summary>What those who found it say differently of it: severity, fix; empty where they agree.</summary>
    public string Detail { get; init; } = string.Empty;
}

/// <summary>What several scanners found in one platform of one image, against each other.</summary>
public sealed record ImageScanComparison
{
    /// <summary>The image, by its public name.</summary>
    public required string Image { get; init; }

    /// <summary>What the reference names; empty where no scanner says it.</summary>
    public string Digest { get; init; } = string.Empty;

    /// <summary>The platform, as <c>os/architecture[/variant]</c>; empty where no scanner says it.</summary>
    public string Platform { get; init; } = string.Empty;

    /// <summary>The scanners.</summary>
    public required IReadOnlyList<ScannerInfo> Scanners { get; init; }

    /// <summary>How many flaws in packages any scanner found.</summary>
    public int TotalCount { get; init; }

    /// <summary>How many of them all scanners found.</summary>
    public int CommonCount { get; init; }

    /// <summary>The share that all found, 0 to 1; 1 where nobody found anything.</summary>
    public double Agreement { get; init; }

    /// <summary>What not all found, or all found and say differently of, worst first.</summary>
    public IReadOnlyList<ScanDifference> Differences { get; init; } = [];
}
