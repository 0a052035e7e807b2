using PatchContainers.Versions;

namespace PatchContainers.Scanning.Embedded;

/// <summary>How a distribution's versions compare.</summary>
internal abstract class VersionOrder
{
    private VersionOrder()
    {
    }

    /// <summary>dpkg's order: Debian and Ubuntu.</summary>
    public static VersionOrder Debian { get; } = new DebianOrder();

    /// <summary>apk-tools' order: Alpine.</summary>
    public static VersionOrder Alpine { get; } = new AlpineOrder();

    /// <summary>What is wrong with a version, for a person; null where nothing is.</summary>
    public abstract string? FindFault(ReadOnlySpan<char> version);

    /// <summary>Below zero where the left one is older.</summary>
    public abstract int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right);

    private sealed class DebianOrder : VersionOrder
    {
        public override string? FindFault(ReadOnlySpan<char> version) =>
            DebianVersion.FindFault(version) is { } fault ? $"which is no version of a Debian package: {fault}" : null;

        public override int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right) => DebianVersion.Compare(left, right);
    }

    private sealed class AlpineOrder : VersionOrder
    {
        public override string? FindFault(ReadOnlySpan<char> version) => ApkVersion.IsValid(version) ? null : "which is no version of an Alpine package";

        public override int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right) => ApkVersion.Compare(left, right);
    }
}
