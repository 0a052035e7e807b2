namespace PatchContainers.Scanning.Reports;

/// <summary>The kinds of packages, by one name each: those of package URLs.</summary>
internal static class PackageKinds
{
    /// <summary>The kind of a package.</summary>
    /// <param name="purl">Its package URL; empty where there is none.</param>
    /// <param name="word">The scanner's word for the kind, or the distribution's name.</param>
    public static string Of(string purl, string word)
    {
        if (purl.StartsWith("pkg:", StringComparison.Ordinal) && purl.IndexOf('/', StringComparison.Ordinal) is > 4 and var end)
        {
            return purl[4..end];
        }

        return word switch
        {
            "debian" or "ubuntu" or "echo" or "dpkg" => "deb",
            "alpine" or "wolfi" or "chainguard" or "minimos" or "APKG" or "apkg" => "apk",
            "redhat" or "rhel" or "centos" or "rocky" or "alma" or "fedora" or "amazon" or "oracle" or "photon" or "suse"
                or "azurelinux" or "cbl-mariner" or "openeuler" or "opensuse" or "opensuse-leap" or "opensuse-tumbleweed"
                or "opensuse.leap" or "opensuse.tumbleweed" or "sles" or "slem" or "slemicro" or "suse linux enterprise server"
                or "suse linux enterprise micro" => "rpm",
            "gomod" or "gobinary" or "go-module" => "golang",
            "python-pkg" or "pip" or "pipenv" or "poetry" or "uv" or "pylock" or "python" => "pypi",
            "node-pkg" or "yarn" or "pnpm" or "bun" => "npm",
            "jar" or "pom" or "gradle" or "sbt" or "java-archive" or "java" => "maven",
            "bundler" or "gemspec" or "rubygems" => "gem",
            "rustbinary" or "rust-crate" => "cargo",
            "dotnet-core" or "dotnet" or "packages-props" => "nuget",
            "composer-vendor" => "composer",
            _ => word,
        };
    }
}
