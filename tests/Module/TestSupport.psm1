# What the test files share: the built module, the command line beside it, and workspaces made by its demo.

$script:Repository = (Resolve-Path "$PSScriptRoot/../..").Path
$script:Manifest = Join-Path $Repository 'artifacts/module/PatchContainers/PatchContainers.psd1'

function Get-ModuleManifest { $script:Manifest }

function Get-CommandLine {
    Get-ChildItem "$script:Repository/src/PatchContainers.Cli/bin/*/net10.0/patchcontainers.dll" |
        Sort-Object LastWriteTime | Select-Object -Last 1 -ExpandProperty FullName
}

# A folder registry with an old and a new base, five images, manifests and Compose files in two rings, and advisories.
function New-Workspace {
    param([Parameter(Mandatory)] [string] $Path)

    $output = dotnet (Get-CommandLine) demo --prepare --path $Path 2>&1
    if ($LASTEXITCODE -ne 0) { throw "The workspace could not be made: $output" }
    [pscustomobject]@{
        Root       = (Resolve-Path $Path).Path
        State      = Join-Path $Path 'state'
        Deploy     = Join-Path $Path 'deploy'
        Advisories = Join-Path $Path 'data/advisories/2023-12'
        Base       = 'registry.demo.example/base/debian:12'
        Web        = 'registry.demo.example/shop/web:1.4'
        Fresh      = 'registry.demo.example/shop/api:3.2'
        Unknown    = 'registry.demo.example/shop/legacy:0.9'
        Refused    = 'registry.demo.example/shop/reports:2.0'
    }
}

# Every file below a folder with the hash of its bytes, to show that nothing was written.
function Get-Fingerprint {
    param([Parameter(Mandatory)] [string[]] $Path)

    (Get-ChildItem $Path -Recurse -File | Sort-Object FullName | ForEach-Object { "$($_.FullName) $((Get-FileHash $_.FullName).Hash)" }) -join "`n"
}

# Runs a script in a new PowerShell, where nothing is loaded yet, and returns its output as text.
function Invoke-Fresh {
    param([Parameter(Mandatory)] [scriptblock] $Script, [string[]] $ArgumentList = @())

    $file = Join-Path ([IO.Path]::GetTempPath()) "patchcontainers-$([guid]::NewGuid().ToString('n')).ps1"
    Set-Content $file "`$ErrorActionPreference = 'Stop'`n`$Manifest = '$script:Manifest'`n& {$Script} @args"
    try {
        $output = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -File $file @ArgumentList 2>&1 | Out-String
        if ($LASTEXITCODE -ne 0) { throw "The script failed: $output" }
        $output.Trim()
    }
    finally {
        Remove-Item $file
    }
}

# A server on the loopback that takes connections and never answers.
function Start-SilentServer {
    $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
    $listener.Start()
    $listener
}

# Reads an input as the cmdlets' parameters do.
function ConvertTo-Record {
    param([Parameter(Mandatory, ValueFromPipeline)] [AllowNull()] $InputObject)

    process {
        $type = [PatchContainers.PowerShell.PatchCmdlet].Assembly.GetType('PatchContainers.PowerShell.Pipeline.RecordTransformationAttribute')
        [Activator]::CreateInstance($type).Transform($null, $InputObject)
    }
}

Export-ModuleMember -Function *
