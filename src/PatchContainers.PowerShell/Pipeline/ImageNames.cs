using PatchContainers.Images;

namespace PatchContainers.PowerShell.Pipeline;

/// <summary>Reads the image references that a person types.</summary>
internal static class ImageNames
{
    private static readonly string[] FileTransports = ["oci:", "docker-archive:"];

    /// <summary>
    /// Reads a reference; a relative folder or file is one of the shell's location, which is not the process's, and is written out, so
    /// that the record still names it from elsewhere.
    /// </summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is no reference.</exception>
    public static ImageReference Parse(string text, Func<string, string> fullPath)
    {
        var reference = ImageReference.Parse(text);
        var transport = Array.Find(FileTransports, t => text.StartsWith(t, StringComparison.Ordinal));
        return transport is null
            ? reference
            : ImageReference.Parse(transport + fullPath(reference.Path) + text[(transport.Length + reference.Path.Length)..]);
    }
}
