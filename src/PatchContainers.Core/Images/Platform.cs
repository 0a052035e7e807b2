namespace PatchContainers.Images;

/// <summary>What an image runs on: <c>os/architecture[/variant]</c> (OCI image index, "platform").</summary>
/// <param name="Os">GOOS, for example <c>linux</c>.</param>
/// <param name="Architecture">GOARCH, for example <c>amd64</c>.</param>
/// <param name="Variant">The CPU variant, for example <c>v7</c>; null where there is none.</param>
/// <param name="OsVersion">The operating system's version (Windows); null where there is none.</param>
public sealed record Platform(string Os, string Architecture, string? Variant = null, string? OsVersion = null)
{
    /// <summary>Reads <c>os/architecture[/variant]</c>.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: another form.</exception>
    public static Platform Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('/');
        if (parts.Length is < 2 or > 3 || parts.Any(string.IsNullOrWhiteSpace))
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, text,
                $"'{text}' is not a platform. Write it as os/architecture or os/architecture/variant, for example linux/arm64.");
        }

        return new Platform(parts[0], parts[1], parts.Length == 3 ? parts[2] : null);
    }

    /// <summary>
    /// Whether both name the same machine. <c>arm64</c> means <c>arm64/v8</c> and <c>arm</c> means <c>arm/v7</c>, as containerd
    /// normalizes them, so that two builders' spellings of one platform do not look like two.
    /// </summary>
    public bool IsSame(Platform other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Os == other.Os && Architecture == other.Architecture && EffectiveVariant == other.EffectiveVariant
            && (OsVersion is null || other.OsVersion is null || OsVersion == other.OsVersion);
    }

    private string? EffectiveVariant => string.IsNullOrEmpty(Variant)
        ? Architecture switch { "arm64" => "v8", "arm" => "v7", _ => null }
        : Variant;

    /// <summary><c>os/architecture[/variant]</c>.</summary>
    public override string ToString() => string.IsNullOrEmpty(Variant) ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}
